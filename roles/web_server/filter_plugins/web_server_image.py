"""Why the web server's image cannot be used, for this role's preflight."""

from __future__ import annotations

from collections.abc import Callable

from bootstrap.site.web_server import image_problems


class FilterModule:
    """The image's problems, as a filter."""

    def filters(self) -> dict[str, Callable[..., object]]:
        """Return the filter by its name."""
        return {"web_server_image_problems": image_problems}
