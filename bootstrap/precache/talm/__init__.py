"""Upgrades with images on their nodes before: Topology Aware Lifecycle Manager."""
