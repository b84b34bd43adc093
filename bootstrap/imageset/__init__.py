"""ImageSetConfiguration: what to mirror, in oc-mirror's own file format."""
