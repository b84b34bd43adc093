"""Our own messages, read from the source: for docs/troubleshooting.md."""
