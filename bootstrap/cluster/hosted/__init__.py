"""Hosted control planes on bare metal: one short file, and all that is applied."""
