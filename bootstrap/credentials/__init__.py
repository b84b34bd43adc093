"""Passwords, htpasswd and pull secrets: made, judged and merged on the controller."""
