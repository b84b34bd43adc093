"""Archives as the driver has them written and read."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from bootstrap.cli.shown_archives import refuse_both, text
from bootstrap.errors import ConfigError, RegistryError
from bootstrap.workflow import mirror as mirroring
from bootstrap.workflow import to_disk as workflow
from tests.workflow.test_verify import Recording, line

FILE = {"name": "mirror_000001.tar", "bytes": 7_000_000, "sha256": "0" * 64}
ARCHIVED = {"directory": "/var/lib/bootstrap-registry/archives/2026-11", "images": 3, "files": [FILE]}
ENDED = line(4, "run_finished", outcome="ok", exit_code=0, registries=[], seconds=1.0)


@pytest.fixture
def driver(monkeypatch, tmp_path):
    """Gives a site, its connection, and what its preparation was told."""

    def do(*events):
        connection, told = Recording(events), []
        site = SimpleNamespace(
            mirror_host=SimpleNamespace(name="mirror1"),
            source="sites/lab",
            state=SimpleNamespace(directory=tmp_path),
        )
        for module in (workflow, mirroring):
            monkeypatch.setattr(module, "connect", lambda _host: connection)
            monkeypatch.setattr(module, "prepare", lambda *_, **more: told.append(more))
        return site, connection, told

    return do


def asked(connection):
    return next(argv for argv in connection.asked if "start" in argv)


def test_archives_are_asked_for_by_name_and_shown_with_their_place(driver):
    site, connection, _ = driver(line(3, "archived", **ARCHIVED), ENDED)
    done = workflow.to_disk(site, "2026-11")
    argv = asked(connection)
    assert argv[argv.index("--operation") + 1] == "to-disk"
    assert argv[argv.index("--directory") + 1] == "2026-11"
    assert done.files == (FILE,)
    shown = text(done)
    assert "mirror1:/var/lib/bootstrap-registry/archives/2026-11; 3 images" in shown
    assert "7.0 MB  mirror_000001.tar" in shown


def test_a_run_to_disk_that_failed_is_a_failure(driver):
    site, _, _ = driver(
        line(3, "failed", what="cannot mirror a", why="it is gone", fix="see", exit_code=4),
        line(4, "run_finished", outcome="failed", exit_code=4, registries=[], seconds=1.0),
    )
    with pytest.raises(RegistryError, match="cannot mirror a"):
        workflow.to_disk(site, "2026-11")


def test_from_disk_needs_no_source_and_names_the_archives(driver, monkeypatch):
    site, connection, told = driver(ENDED)
    calls = {}
    monkeypatch.setattr(
        mirroring,
        "run_agent",
        lambda _c, operation, _p, **more: (calls.update(more, operation=operation), 1 / 0),
    )
    monkeypatch.setattr(
        mirroring, "prepare", lambda *_, **more: (told.append(more), SimpleNamespace(seen={}))[1]
    )
    monkeypatch.setattr(mirroring, "free_elsewhere", lambda *_: {})
    with pytest.raises(ZeroDivisionError):
        mirroring.mirror(site, from_disk="2026-11")
    assert told[0]["asks_sources"] is False
    assert (calls["operation"], calls["flags"]) == ("from-disk", ["--directory", "2026-11"])
    assert connection.asked == []


@pytest.mark.parametrize(("to_disk", "from_disk"), [("a", "b"), ("", None), (None, "")])
def test_both_ways_at_once_or_no_name_are_refused(to_disk, from_disk):
    with pytest.raises(ConfigError):
        refuse_both(to_disk, from_disk)
    refuse_both("a", None)
