"""OpenShift releases: versions, the update graph, what a payload lists, and who signed it."""
