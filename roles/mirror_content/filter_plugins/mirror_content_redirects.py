"""The filters about redirects, for this role's settings and preflight."""

from bootstrap.site.registries_conf import FilterModule

__all__ = ["FilterModule"]
