"""The partition that a site's images are on: made at the end of a disk, and mounted to be filled."""
