"""The filter ``limit_problems``, for this role's preflight."""

from bootstrap.site.limits import FilterModule

__all__ = ["FilterModule"]
