"""ClusterInstances: made from an edge site, patched where a user has one, converted from SiteConfigs."""
