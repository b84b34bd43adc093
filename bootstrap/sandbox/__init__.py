"""Throw-away hosts that boot systemd, and a synthetic quay.io for them to mirror from.

`sandbox` is the way in; the other modules are its parts: image → container → network, upstream ← release.
Only this package knows about the limits of the machine it runs on; roles and driver have no case for it.
"""
