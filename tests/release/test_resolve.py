"""Each case follows from oc-mirror v2, cincinnati.go and core-cincinnati.go, and says which rule it shows."""

from __future__ import annotations

import pytest

from bootstrap.errors import ConfigError, Problems
from bootstrap.release.channel import Channel
from bootstrap.release.graph import parse_graph
from bootstrap.release.resolve import resolve
from bootstrap.release.version import Version
from tests.release.graphs import answer

GRAPHS = {
    "stable-4.19": parse_graph(
        answer(
            ["4.19.2", "4.18.9", "4.19.0", "4.19.1", "4.19.0-rc.1"],
            [
                ("4.18.9", "4.19.0"),
                ("4.18.9", "4.19.1"),
                ("4.19.0", "4.19.1"),
                ("4.19.1", "4.19.2"),
                ("4.19.0", "4.19.2"),
            ],
        )
    ),
    "stable-4.20": parse_graph(
        answer(
            ["4.19.2", "4.20.0", "4.20.1", "4.20.10", "4.20.9"],
            [("4.19.2", "4.20.1"), ("4.20.1", "4.20.9"), ("4.20.1", "4.20.10"), ("4.20.9", "4.20.10")],
        )
    ),
    "fast-4.20": parse_graph(answer(["4.20.1", "4.20.11"], [("4.20.1", "4.20.11")])),
    "stable-4.21": parse_graph(answer(["4.20.10", "4.21.0"], [("4.20.10", "4.21.0")])),
    "stable-4.22": parse_graph(answer(["4.21.9", "4.22.0", "4.21.0"], [("4.21.9", "4.22.0")])),
    "stable-4.23": parse_graph(answer([])),
}


def channel(name, low=None, high=None, *, shortest=False, full=False):
    return Channel(name, low and Version.parse(low), high and Version.parse(high), shortest, full)


def versions(*channels):
    return [str(node.version) for node in resolve(channels, GRAPHS.__getitem__).nodes]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        # resolveChannelVersions: neither bound and not full is the head only, by version and not by position.
        (channel("stable-4.20"), ["4.20.10"]),
        (channel("stable-4.19"), ["4.19.2"]),
        # ... full: everything; pre-releases are ordinary nodes.
        (channel("stable-4.19", full=True), ["4.18.9", "4.19.0-rc.1", "4.19.0", "4.19.1", "4.19.2"]),
        # ... only the lower bound: up to the newest.
        (channel("stable-4.20", "4.20.1"), ["4.20.1", "4.20.9", "4.20.10"]),
        # ... only the upper bound: from the oldest of the channel.
        (channel("stable-4.20", None, "4.20.0"), ["4.19.2", "4.20.0"]),
        # getChannelDownloads: all in the range, both ends included; they need not exist.
        (channel("stable-4.20", "4.20.0", "4.20.9"), ["4.20.0", "4.20.1", "4.20.9"]),
        (channel("stable-4.20", "4.20.2", "4.20.99"), ["4.20.9", "4.20.10"]),
        # GetUpdates: breadth first, higher versions first, both ends included.
        (channel("stable-4.19", "4.18.9", "4.19.2", shortest=True), ["4.18.9", "4.19.1", "4.19.2"]),
        (channel("stable-4.20", "4.20.1", shortest=True), ["4.20.1", "4.20.10"]),
        # ... shortestPath of the head alone is the head.
        (channel("stable-4.20", shortest=True), ["4.20.10"]),
        (channel("stable-4.20", full=True, shortest=True), ["4.19.2", "4.20.1", "4.20.10"]),
    ],
)
def test_a_channel_resolves_as_in_oc_mirror(asked, found):
    assert versions(asked) == found


def test_without_a_path_the_two_ends_are_mirrored_and_it_is_said():
    found = resolve([channel("stable-4.20", "4.20.0", "4.20.9", shortest=True)], GRAPHS.__getitem__)
    assert [str(node.version) for node in found.nodes] == ["4.20.0", "4.20.9"]
    assert found.warnings == (
        "channel stable-4.20 has no update path from 4.20.0 to 4.20.9: only these two are mirrored",
    )


def test_between_two_channels_the_update_path_is_added():
    # CalculateUpgrades: 4.18.9 -> newest of stable-4.19 -> newest wanted of stable-4.20.
    found = versions(channel("stable-4.19", "4.18.9", "4.18.9"), channel("stable-4.20", "4.20.9", "4.20.9"))
    assert found == ["4.18.9", "4.19.1", "4.19.2", "4.20.1", "4.20.9"]


def test_a_channel_in_between_is_asked_for_though_the_image_set_does_not_name_it():
    found = versions(channel("stable-4.19", "4.19.1", "4.19.1"), channel("stable-4.21"))
    assert found == ["4.19.1", "4.19.2", "4.20.1", "4.20.10", "4.21.0"]


def test_two_channels_of_one_minor_are_connected_in_the_second():
    # CalculateUpgrades with equal minors: the path in the target channel, when it has the start.
    found = versions(channel("stable-4.20", "4.20.1", "4.20.1"), channel("fast-4.20", "4.20.11"))
    assert found == ["4.20.1", "4.20.11"]
    blocked = resolve([channel("stable-4.20", "4.20.0", "4.20.0"), channel("fast-4.20")], GRAPHS.__getitem__)
    assert [str(node.version) for node in blocked.nodes] == ["4.20.0", "4.20.11"]
    assert "no update path from 4.20.0 in channel fast-4.20" in blocked.warnings[0]


def test_a_path_blocked_on_the_way_still_gives_both_channels():
    # calculate: stable-4.22 does not have 4.20.10's successor path from 4.21.0.
    found = resolve([channel("stable-4.20"), channel("stable-4.22")], GRAPHS.__getitem__)
    assert [str(node.version) for node in found.nodes] == ["4.20.10", "4.21.0", "4.22.0"]
    assert found.warnings == ("channel stable-4.22 has no update path from 4.21.0 to 4.22.0: there is a gap",)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (channel("stable-4.23"), "knows no release in it"),
        (
            channel("stable-4.20", "4.20.2", "4.20.8"),
            "no release from 4.20.2 to 4.20.8; it goes from 4.19.2 to 4.20.10",
        ),
        (channel("stable-4.20", "4.20.2", shortest=True), "no release 4.20.2 in channel stable-4.20"),
    ],
)
def test_a_channel_that_yields_nothing_is_an_error(asked, said):
    with pytest.raises(ConfigError, match=said):
        versions(asked)


def test_all_channels_that_are_wrong_are_told_together():
    with pytest.raises(Problems) as caught:
        versions(channel("stable-4.23"), channel("stable-4.20", "4.20.2", "4.20.8"))
    assert [problem.what for problem in caught.value.problems] == [
        "channel stable-4.23 cannot be mirrored",
        "channel stable-4.20 cannot be mirrored",
    ]
