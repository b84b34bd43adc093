"""The names of a site and its clusters in DNS: written down for a name server, and asked for."""
