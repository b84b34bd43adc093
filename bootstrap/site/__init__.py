"""The site: an inventory directory turned into frozen, checked values, and the state kept beside it."""
