"""A verification as the driver hears it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from bootstrap.errors import VerificationError
from bootstrap.workflow import verify as workflow
from tests.workflow.test_run_agent import FakeConnection, line

IMAGE = {
    "registry": "a:5000",
    "group": "additional images",
    "source": "quay.io/team/app:v1",
    "destination": "team/app:v1",
    "digest": "sha256:0",
    "bytes": 10,
}
STARTED = line(1, "run_started", operation="verify", engine="")


@dataclass
class Recording(FakeConnection):
    events: tuple = ()
    asked: list = field(default_factory=list)

    def __post_init__(self):
        super().__init__("started", self.events)

    def run(self, argv, **more):
        self.asked.append(argv)
        return super().run(argv, **more)


@pytest.fixture
def verify(monkeypatch):
    def do(*events, **options):
        connection = Recording(events)
        monkeypatch.setattr(workflow, "connect", lambda _host: connection)
        monkeypatch.setattr(workflow, "free_elsewhere", lambda _site, _known: {"b:5000": 7})
        hosts = [SimpleNamespace(name=name, location=f"{name}:5000") for name in ("a", "b")]
        site = SimpleNamespace(mirror_host="mirror1", source="sites/lab", registries=hosts)
        done = workflow.verify(site, **options)
        return done, next(argv for argv in connection.asked if "start" in argv)

    return do


def test_what_is_broken_is_in_the_result_beside_what_is_not(verify):
    broken = {**IMAGE, "source": "quay.io/team/gone:v1", "outcome": "broken", "why": "it is gone"}
    done, _ = verify(
        STARTED,
        line(2, "verified", registry="a:5000", images=1, seconds=0.5),
        line(3, "image_verified", **IMAGE, outcome="ok", why=""),
        line(4, "image_verified", **broken),
        line(5, "failed", what="a:5000 does not hold it", why="it is gone", fix="repair", exit_code=6),
        line(6, "run_finished", outcome="failed", exit_code=6),
    )
    assert [image.why for image in done.images] == [None, "it is gone"]
    assert [image.outcome for image in done.images] == ["ok", "broken"]
    (problem,) = done.problems
    assert isinstance(problem, VerificationError)
    assert [registry["images"] for registry in done.registries] == [1]


def test_after_a_repair_the_last_word_on_a_registry_counts(verify):
    done, asked = verify(
        STARTED,
        line(2, "verified", registry="a:5000", images=0, broken=1, seconds=0.5),
        line(3, "verified", registry="a:5000", images=1, broken=0, seconds=0.5),
        line(4, "image_verified", **IMAGE, outcome="ok", why=""),
        line(5, "run_finished", outcome="ok", exit_code=0),
        deep=True,
        repairs=True,
    )
    assert [registry["broken"] for registry in done.registries] == [0]
    assert {"--deep", "--repair", "b:5000=7"} <= set(asked)
    assert (done.problems, done.run) == ((), "r1")


def test_a_verification_that_told_nothing_is_an_error(verify):
    with pytest.raises(VerificationError):
        verify(
            STARTED,
            line(2, "failed", what="nothing", why="no", fix="none", exit_code=6),
            line(3, "run_finished", outcome="failed", exit_code=6),
        )


def test_a_registry_that_the_mirror_host_does_not_know_yet_is_a_problem(verify):
    events = (
        line(2, "verified", registry="a:5000", images=1, broken=0, seconds=0.5),
        line(3, "image_verified", **IMAGE, outcome="ok", why=""),
        line(4, "run_finished", outcome="ok", exit_code=0),
    )
    done, _ = verify(line(1, "run_started", operation="verify", engine="", registries=["a:5000"]), *events)
    (problem,) = done.problems
    assert "b:5000 was not verified" in problem.what
    assert "bootstrap-registry up" in problem.fix
    both = line(1, "run_started", operation="verify", engine="", registries=["a:5000", "b:5000"])
    assert verify(both, *events)[0].problems == ()
