"""What a plan looks like."""

from __future__ import annotations

import re

import pytest

from bootstrap.cli.plan import planned_text
from bootstrap.errors import HostError
from bootstrap.workflow.plan import Planned

HERE, THERE = "registry1:5000", "registry2:5000"


def line(name, images, blobs, size, own, *lacks):
    missing = [
        {"registry": "", "images": 1, "blobs": int(lack > 0), "bytes": lack, "own_bytes": lack}
        for lack in lacks
    ]
    return {
        "name": name,
        "images": images,
        "blobs": blobs,
        "bytes": size,
        "own_bytes": own,
        "missing": missing,
    }


def planned(*lines, registries=(HERE,), seconds=90.0, free=10**10):
    return Planned(
        engine="native",
        engine_reason="it can mirror all of the image set",
        releases=(),
        registries=tuple({"registry": each} for each in registries),
        content=lines,
        images=(line("team/app:v1", 1, 3, 1000, 500, 500),),
        file_systems=(
            {
                "uses": [
                    {"what": HERE, "path": "/data", "bytes": 2_000_000_000},
                    {"what": "the record of the run", "path": "/state", "bytes": 1_000_000},
                ],
                "bytes": 2_001_000_000,
                "bytes_needed": 2_300_000_000,
                "bytes_free": free,
                "bytes_short": 0,
            },
        ),
        estimate={
            "seconds": seconds,
            "bytes_per_second": 2e8 if seconds else None,
            "runs": 2 if seconds else 0,
        },
        warnings=("something",),
        problems=(HostError("no room", why="none", fix="some"),),
    )


def rows(text):
    return [re.split(r"\s{2,}", row.strip()) for row in text.splitlines()]


def test_what_there_is_and_what_has_to_move():
    found = rows(
        planned_text(
            planned(
                line("release 4.20.9 amd64", 190, 800, 2e10, 3e9, 3e9), line("total", 190, 800, 2e10, 2e10, 0)
            )
        )
    )
    assert found[0] == ["CONTENT", "IMAGES", "BLOBS", "SIZE", "OWN", "TO MOVE"]
    assert found[1] == ["release 4.20.9 amd64", "190", "800", "20.0 GB", "3.0 GB", "3.0 GB"]
    assert found[2][-1] == "-"
    assert ["registry1:5000 (/data)", "2.0 GB", "2.3 GB", "10.0 GB"] in found
    assert ["and the record of the run (/state)", "1.0 MB"] in found
    assert ["time: about 1 min 30 s to move it, at 200.0 MB/s as in the last 2 runs"] in found
    assert ["note: something"] in found


def test_each_of_several_registries_has_a_column():
    found = rows(planned_text(planned(line("total", 1, 1, 10, 10, 10, 0), registries=(HERE, THERE))))
    assert found[0][-2:] == [f"TO MOVE: {HERE}", f"TO MOVE: {THERE}"]
    assert found[1][-2:] == ["10 B", "-"]


def test_every_image_is_listed_when_asked_for():
    found = planned(line("total", 1, 1, 10, 10, 10))
    assert "team/app:v1" not in planned_text(found)
    assert rows(planned_text(found, images=True))[:2] == [
        ["IMAGE", "IMAGES", "BLOBS", "SIZE", "OWN", "TO MOVE"],
        ["team/app:v1", "1", "3", "1.0 kB", "500 B", "500 B"],
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "no earlier run to go by"), (0, "nothing has to be moved")]
)
def test_what_is_not_known_is_said(seconds, text):
    found = planned_text(planned(line("total", 1, 1, 10, 10, 10), seconds=seconds, free=None))
    assert f"time: {text}" in found
    assert "not known" in found
