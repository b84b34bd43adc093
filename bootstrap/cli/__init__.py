"""Arguments → one call. The only place that prints or exits."""
