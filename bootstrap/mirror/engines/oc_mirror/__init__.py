"""oc-mirror v2 as an engine: it moves, and what it says of how that went decides nothing."""
