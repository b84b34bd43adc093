"""Central infrastructure management on a hub: assisted-service with the mirror and the site's boot images."""
