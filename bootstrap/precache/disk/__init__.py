"""The disk of an edge site: images that nodes load without a registry, lists of them, and checksums."""
