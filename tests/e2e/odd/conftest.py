"""One sandbox for all odd sites, each with hosts of its own; their stories are run two at a time."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.lab import ROOT, make_lab

pytest.register_assert_rewrite("tests.e2e.odd.site")

from tests.e2e.odd.site import RELEASE, OddSite  # noqa: E402  # after its asserts are registered
from tests.e2e.odd.stories import STORIES  # noqa: E402

_AT_ONCE = 2
# Small, for the sites are many: what they hold is not what is odd about them.
_CONTENT = ReleaseSpec(versions=(RELEASE,), components=2, component_size=50_000, base_sizes=(50_000,))


@pytest.fixture(scope="session")
def told_sites(request):
    """The stories that the tests of this session ask for, in their order."""
    names = (name for item in request.session.items for name in getattr(item, "fixturenames", ()))
    return [STORIES[name] for name in dict.fromkeys(names) if name in STORIES]


@pytest.fixture(scope="session")
def odd_lab(told_sites):
    directory = ROOT / ".lab" / "odd"
    made = make_lab(directory, (), second_network=(), content=_CONTENT)
    yield made
    made.sandbox.destroy()
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def odd_site(odd_lab, told_sites):
    """A function from a story's name to what it returned; the stories run while the first tests look."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {}
        for story in told_sites:
            running[story.name] = pool.submit(_told, odd_lab, story)
        yield lambda name: running[name].result()
        for future in running.values():
            future.cancel()


def _told(lab, story):
    """Make the story's hosts, only now, so that few of them boot at a time; and tell it."""
    lab.sandbox.create(
        tuple(host.name for host in story.hosts),
        second_network=tuple(host.name for host in story.hosts if host.has_second_network),
        bare=tuple(host.name for host in story.hosts if host.is_bare),
        ipv6_only=tuple(host.name for host in story.hosts if host.is_ipv6_only),
        content=_CONTENT,
    )
    directory = lab.directory / (story.directory or story.name)
    directory.mkdir()
    return story.tell(OddSite(lab, directory, {"LANG": "C.UTF-8"}))
