"""What the user takes away: everything a cluster needs to use the mirror, rendered from the ledger."""
