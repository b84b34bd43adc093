"""What is done on each odd site, told once; the tests then look at how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.odd.site import OddSite


@dataclass(frozen=True)
class Host:
    """A sandbox host that one story needs for itself."""

    name: str
    has_second_network: bool = False
    is_bare: bool = False
    is_ipv6_only: bool = False


@dataclass(frozen=True)
class Story:
    name: str
    tell: Callable[[OddSite], Any]
    hosts: tuple[Host, ...]
    directory: str | None


STORIES: dict[str, Story] = {}


def odd(*hosts: Host | str, directory: str | None = None) -> Callable[[Callable[[OddSite], Any]], Any]:
    """Make a fixture of a function that is given a new site and returns what the tests look at.

    Args:
        hosts: Sandbox hosts for this story alone.
        directory: Of the site, below the lab's; default: the fixture's name.
    """

    def register(tell: Callable[[OddSite], Any]) -> Any:
        name = tell.__name__
        made = tuple(host if isinstance(host, Host) else Host(host) for host in hosts)
        STORIES[name] = Story(name, tell, made, directory)

        @pytest.fixture(scope="session", name=name)
        def ending(odd_site):
            return odd_site(name)

        return ending

    return register
