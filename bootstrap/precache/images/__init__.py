"""Which images a site's disk has: where they are, when nodes need them, what they are called."""
