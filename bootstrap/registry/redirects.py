"""Where an image really is fetched: an enclave has upstream registries under other names.

Source: containers-registries.conf(5), "Remapping and mirroring registries": ``prefix`` and ``location``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Sequence

from bootstrap.errors import ConfigError
from bootstrap.oci.reference import is_location, is_repository


@dataclass(frozen=True)
class Redirect:
    """Everything whose name begins with ``prefix`` is at ``location`` instead.

    Args:
        prefix: ``quay.io`` or ``quay.io/openshift-release-dev``; ends where a part of the name ends.
        location: What takes its place: ``upstream.example.com:5000`` or ``upstream.example.com/quay``.

    Raises:
        ConfigError: One of them is no registry or repository.
    """

    prefix: str
    location: str

    def __post_init__(self) -> None:
        for text in (self.prefix, self.location):
            registry, slash, repository = text.partition("/")
            if not is_location(registry) or (slash and not is_repository(repository)):
                raise ConfigError(
                    f"cannot redirect {self.prefix!r} to {self.location!r}",
                    why=f"{text!r} is neither host[:port] nor host[:port]/repository",
                    fix="write both without scheme, tag, wildcard and closing slash: quay.io/openshift",
                )

    def applies_to(self, name: str) -> bool:
        """Whether ``name`` is below the prefix, or is it; ``quay.io/ab`` is not below ``quay.io/a``."""
        return name == self.prefix or name.startswith(self.prefix + "/")


def resolve(name: str, redirects: Sequence[Redirect]) -> str:
    """Return where the repository ``name`` (``quay.io/a/b``) is fetched; itself when nothing applies.

    The longest prefix wins, and one redirect is all: its result is not redirected again.
    """
    fitting = [redirect for redirect in redirects if redirect.applies_to(name)]
    if not fitting:
        return name
    best = max(fitting, key=lambda redirect: len(redirect.prefix))
    return best.location + name[len(best.prefix) :]
