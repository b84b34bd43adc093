"""The mirror agent: one file that runs on the mirror host and is asked over its standard output."""
