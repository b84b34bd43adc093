"""Pure words of the OCI specifications: digests, references, descriptors, manifests. No I/O."""
