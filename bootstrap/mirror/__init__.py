"""Mirroring: what is wanted, what is missing, moving it, proving that it is there, and remembering it."""
