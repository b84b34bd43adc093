"""Pre-caching before an upgrade, by Topology Aware Lifecycle Manager: what it takes, and what it pulls."""
