"""The operations ``to-disk`` and ``from-disk``: archives of an engine, and what proves what is in them.

``directory`` says where archives are, ``to_disk`` has them written, ``from_disk`` fills registries from them.
What is known of an engine's files is behind ``bootstrap.mirror.engines.interface.Archiver``.
"""
