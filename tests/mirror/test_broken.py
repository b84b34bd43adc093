"""What a registry lacks is told apart from what nobody could ask it."""

from __future__ import annotations

import threading

import pytest

from bootstrap.errors import (
    ConfigError,
    Denied,
    DigestMismatch,
    ExitCode,
    NotFound,
    Problems,
    RegistryError,
    TransferError,
)
from bootstrap.mirror.broken import Broken, Target, as_error, worst
from bootstrap.mirror.verify import Verification
from bootstrap.store.memory import MemoryStore
from tests.fakes.images import make_image, push
from tests.mirror.world import digest

IMAGE = make_image("asked for")
SILENT = TransferError("cannot ask", why="no answer within 30 s", fix="start it")
DENIED = Denied("cannot ask", why="401", fix="log in")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([None, None], None),
        ([SILENT, "gone", None], "gone"),
        ([None, SILENT, DENIED], SILENT),
        ([DENIED], DENIED),
        ([NotFound("no blob", why="404", fix="")], "no blob: 404"),
        ([SILENT, DigestMismatch("other bytes", why="they differ", fix="")], "other bytes: they differ"),
        ([RegistryError("cannot read its own tag", why="500", fix="")], "cannot read its own tag: 500"),
    ],
)
def test_a_registry_that_says_no_has_answered_and_one_that_keeps_silent_or_us_out_has_not(answers, expected):
    assert worst(answers) == expected


class Failing(MemoryStore):
    """Raises ``error`` when a method is asked about the repository ``two``."""

    def __init__(self, method, error):
        super().__init__()
        self._method, self._error = method, error
        for repository in ("one", "two"):
            push(self, repository, IMAGE, tag="v1")

    def _ask(self, method, repository):
        if (method, repository) == (self._method, "two"):
            raise self._error

    def tagged(self, repository, tag):
        self._ask("tagged", repository)
        return super().tagged(repository, tag)

    def manifest(self, repository, name):
        self._ask("manifest", repository)
        return super().manifest(repository, name)

    def blob_exists(self, repository, descriptor):
        self._ask("blob_exists", repository)
        return super().blob_exists(repository, descriptor)

    def open_blob(self, repository, descriptor):
        self._ask("open_blob", repository)
        return super().open_blob(repository, descriptor)


@pytest.mark.parametrize("error", [SILENT, DENIED], ids=["silent", "denied"])
@pytest.mark.parametrize(
    ("method", "tag", "readers"),
    [("tagged", "v1", 0), ("manifest", None, 0), ("blob_exists", "v1", 0), ("open_blob", "v1", 2)],
)
def test_whatever_is_not_answered_leaves_an_image_unchecked_and_not_broken(error, method, tag, readers):
    store = Failing(method, error)
    targets = [Target("two", "two", tag, IMAGE.digest)]
    if not readers:
        targets.insert(0, Target("one", "one", tag, IMAGE.digest))
    verification = Verification(store, workers=2, readers=readers, stop=threading.Event())
    (found,) = verification.run(targets)
    assert (found.target.source, found.error) == ("two", error)
    assert as_error("a:5000", [found]).exit_code == error.exit_code


def target(name):
    return Target(f"quay.io/{name}:v1", name, "v1", digest(name))


def test_what_is_wrong_goes_before_what_is_not_known_and_each_has_its_own_exit_code():
    error = as_error(
        "a:5000",
        [
            Broken(target("silent"), "no answer", SILENT),
            Broken(target("denied"), "401", DENIED),
            Broken(target("gone"), "the tag v1 is not there"),
            Broken(target("silent-too"), "no answer", SILENT),
        ],
    )
    assert isinstance(error, Problems)
    codes = [ExitCode.VERIFICATION, ExitCode.TRANSFER, ExitCode.REGISTRY]
    assert ([each.exit_code for each in error.problems], error.exit_code) == (codes, ExitCode.VERIFICATION)
    gone, silent, denied = error.problems
    assert gone.what == "a:5000 does not hold quay.io/gone:v1 as gone:v1"
    assert silent.what == "a:5000: 2 images could not be checked"
    assert "quay.io/silent:v1 as silent:v1, quay.io/silent-too:v1 as silent-too:v1" in silent.why
    assert (denied.what, denied.fix.startswith("log in")) == ("a:5000: 1 image could not be checked", True)


def test_an_error_that_is_not_of_the_network_keeps_its_own_exit_code():
    own = ConfigError("cannot use its certificate", why="it expired", fix="renew it")
    assert as_error("a:5000", [Broken(target("app"), "", own)]).exit_code == ExitCode.CONFIG


def test_what_no_run_has_brought_is_told_at_once_with_registry_images_and_what_to_type():
    error = as_error(
        "b:5000", [Broken(target(f"app{number}"), "it is not there", is_new=True) for number in range(25)]
    )
    assert (error.what, error.exit_code) == (
        "b:5000 lacks 25 images that the ledger has",
        ExitCode.VERIFICATION,
    )
    assert "quay.io/app0:v1 as app0:v1" in error.why
    assert error.why.endswith(" and 5 more")
    assert "bootstrap-registry verify --repair" in error.fix
