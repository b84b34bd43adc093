"""Where images can be: a registry (remote), an OCI layout on disk, memory (for tests)."""
