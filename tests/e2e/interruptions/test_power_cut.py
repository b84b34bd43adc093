"""What a power cut does to a registry's files: distribution keeps it, and our next run mends it."""

from __future__ import annotations

import json
import os

import pytest

from tests.e2e.interruptions.ground import Ground

pytestmark = pytest.mark.sandbox


def test_what_a_power_cut_damaged_is_moved_again(ground: Ground):
    ground.empty()
    run = ground.ask("start")["run"]
    assert ground.follow(run)["outcome"] == "ok"
    by_size = sorted(ground.blobs.glob("*/*/data"), key=lambda path: path.stat().st_size)
    layers = by_size[-3:]
    manifest = next(path for path in by_size if b'"layers"' in path.read_bytes()[:4000])
    os.truncate(layers[0], 100)
    layers[1].write_bytes(b"")
    layers[2].write_bytes(bytes(layers[2].stat().st_size))  # the right size, and nothing but zeros
    os.truncate(manifest, 20)
    tag = next((ground.disk / "data/docker/registry/v2/repositories").rglob("tags/*/current/link"))
    tag.write_bytes(b"")
    _forget_the_end_of(ground, run)
    assert len(ground.damaged()) == 4
    again = ground.ask("start")["run"]
    assert ground.follow(again)["outcome"] == "ok", ground.events(again)
    assert ground.damaged() == []
    (warning,) = [event for event in ground.events(again) if event["event"] == "warning"]
    assert warning["what"].startswith("4 damaged blobs were on the disk of")
    assert ground.ask("verify")["registries"][0]["images"] > 10


def _forget_the_end_of(ground: Ground, run: str) -> None:
    """Leave of a run what a power cut in its middle leaves: no last event, no ledger, and another boot."""
    directory = ground.runs_dir / run
    events = [event for event in ground.events(run) if event["event"] != "run_finished"]
    (directory / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    (directory / "boot_id").write_text("another boot\n")
    (ground.runs_dir.parent / "ledger/ledger.json").unlink()
