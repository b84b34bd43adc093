"""Engines move images; what to move, whether it fits and whether it arrived is decided around them."""
