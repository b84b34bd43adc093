"""One file per verb, each told top to bottom. Nothing here prints: progress goes to a :class:`Progress`."""
