"""Ignition overrides that make nodes load pre-cached images, and what is wrong with those that sites have."""
