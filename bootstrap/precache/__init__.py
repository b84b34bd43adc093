"""What edge sites have before they begin: images on a disk, and everything that makes nodes load them."""
