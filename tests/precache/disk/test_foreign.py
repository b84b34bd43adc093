"""What on a target is not ours, and what cannot be one."""

import errno
import shutil
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import pytest

from bootstrap.errors import ConfigError, HostError, Problems
from bootstrap.precache.disk.build import Options
from bootstrap.workflow import precache_disk as workflow
from bootstrap.workflow.precache_disk import Asked, precache_disk
from bootstrap.workflow.progress import Silent
from tests.precache.disk.world import content, fill, sums


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_blobs_of_a_layout_of_the_users_are_refused_and_never_stale(mirror, tmp_path, form):
    mirror.release()
    theirs = tmp_path / "blobs/sha256" / ("a" * 64)
    theirs.parent.mkdir(parents=True)
    theirs.write_text("an image of theirs")
    with pytest.raises(ConfigError, match="blobs/sha256"):
        fill(mirror.given(), tmp_path, form=form, rm_stale=True)
    assert content(tmp_path) == {f"blobs/sha256/{'a' * 64}": b"an image of theirs"}


@pytest.mark.parametrize("form", ["layout", "tgz"])
def test_no_link_on_a_disk_leads_a_write_out_of_it(mirror, tmp_path, form):
    mirror.release()
    disk, outside = tmp_path / "disk", tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text("the controller's own")
    fill(mirror.given(), disk, form=form)
    (disk / "SHA256SUMS").unlink()
    for path in [*disk.glob("*.tgz"), *disk.glob("images/*")]:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if form == "layout":
            path.symlink_to(outside)
        else:
            path.with_name(f".{path.name}.partial").symlink_to(outside / "file")
    fill(mirror.given(), disk, form=form)
    assert content(outside) == {"file": b"the controller's own"}
    told, found = sums(disk)
    assert told == found


@pytest.mark.parametrize("lack", ["symlink_to", "chmod"])
def test_a_file_system_that_cannot_hold_it_is_told_before_anything_is_fetched(
    mirror, tmp_path, monkeypatch, lack
):
    def refuse(*_args, **_kwargs):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    mirror.release()
    monkeypatch.setattr(Path, lack, refuse)
    with pytest.raises(HostError, match="as FAT and exFAT have none"):
        fill(mirror.given(), tmp_path / "disk")
    assert not (tmp_path / "disk/blobs").exists()


def test_patterns_that_leave_nothing_are_an_error_and_the_disk_stays(mirror, tmp_path):
    mirror.release()
    fill(mirror.given(), tmp_path / "disk")
    before, patterns = content(tmp_path / "disk"), tmp_path / "filter.yaml"
    patterns.write_text("patterns: [.]\n")
    with pytest.raises(ConfigError, match="patterns leave out all 3"):
        fill(mirror.given(), tmp_path / "disk", filter_file=patterns, rm_stale=True)
    assert content(tmp_path / "disk") == before


def test_errors_name_the_disk_and_not_where_it_is_mounted_meanwhile(mirror, tmp_path):
    mirror.release()
    for name in ("images.txt", "index.json"):
        (tmp_path / name).write_text("theirs")
    asked = Asked(Path("/dev/sdx"))
    with pytest.raises(Problems) as error:
        precache_disk(
            mirror.given(), asked, Options(), Silent(), open_target=lambda *_: nullcontext(tmp_path)
        )
    assert "not writing /dev/sdx/images.txt" in str(error.value)
    assert str(tmp_path) not in str(error.value)


def test_a_directory_where_nothing_is_mounted_is_told(mirror, tmp_path, monkeypatch):
    notes = []
    told = SimpleNamespace(phase=lambda _: None, note=notes.append, mirror=lambda _: None)
    mirror.release()
    for is_on_root in (True, False):
        monkeypatch.setattr(workflow, "_is_on_root", lambda _, answer=is_on_root: answer)
        fill(mirror.given(), tmp_path / "disk", progress=told)
    assert len([each for each in notes if "no partition is mounted there" in each]) == 1
