"""Talking to a machine: connections, playbooks, and the mirror agent."""
