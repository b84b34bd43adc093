"""Overrides that the real programs take, and that go into ones that are there already."""

import gzip
import json
import random
import re
import shutil
import subprocess

import pytest

from bootstrap.errors import ConfigError
from bootstrap.precache.ignition.config import archive_size, archived, content_of
from bootstrap.precache.ignition.overrides import merge, overrides
from bootstrap.precache.ignition.stages import SCRIPT, STAGES, partition_label, unit_of
from tests.cluster.crds import needs_crds
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.ignition.samples import (
    FOREIGN_FILE,
    FOREIGN_UNIT,
    needs_ignition,
    schema_problems,
    seed_overrides,
    validate,
)

OURS = overrides("data")
BOTH = pytest.mark.parametrize("text", [OURS.discovery, OURS.install], ids=["discovery", "install"])


@BOTH
@needs_ignition
def test_row_b1_ignition_validate_says_nothing(text, tmp_path):
    assert validate(text, tmp_path) == ""


@BOTH
@needs_crds
def test_row_b1_the_schema_takes_it(text):
    assert json.loads(text)["ignition"]["version"] == "3.2.0"
    assert schema_problems(text) == []


@BOTH
def test_row_b1_what_is_on_the_node_is_the_script_that_is_shipped(text):
    (file,) = json.loads(text)["storage"]["files"]
    assert oct(file["mode"]) == "0o755"
    assert content_of(file["contents"]["source"]) == SCRIPT.read_bytes()


def test_row_b1_bash_and_shellcheck_take_the_script():
    for words in (["bash", "-n"], ["shellcheck", "--severity=style"]):
        done = subprocess.run([*words, SCRIPT], capture_output=True, text=True)
        assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


def test_row_b2_systemd_takes_the_units_and_they_end(tmp_path):
    files = []
    for stage in STAGES:
        files.append(tmp_path / stage.unit)
        files[-1].write_text(unit_of(stage, "data"))
        assert re.search(r"^TimeoutStartSec=\d+min$", files[-1].read_text(), re.MULTILINE)
        assert re.search(r"^TimeoutStopSec=\d+$", files[-1].read_text(), re.MULTILINE)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *files], capture_output=True, text=True)
    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@pytest.mark.parametrize("stage", STAGES, ids=lambda each: each.name)
def test_others_wait_for_a_unit_and_do_not_need_it(stage):
    text = unit_of(stage)
    assert f"Before={stage.before}\n" in text
    assert not re.search(r"^(RequiredBy|BindsTo|PartOf|UpheldBy)=", text, re.MULTILINE)


@BOTH
def test_row_b4_theirs_stay_in_their_order_and_twice_is_once(text):
    theirs = {
        "storage": {"files": [FOREIGN_FILE], "directories": [{"path": "/etc/d", "mode": 493}]},
        "ignition": {"version": "3.1.0", "timeouts": {"httpTotal": 5}},
        "systemd": {
            "units": [FOREIGN_UNIT, {"name": "var-mnt.mount", "contents": "[Mount]\nWhat=/dev/sdz\n"}]
        },
        "passwd": {"users": [{"name": "core"}]},
    }
    once = merge(json.dumps(theirs, indent=2), text)
    assert merge(once, text) == once
    found = json.loads(once)
    assert list(found) == list(theirs)
    assert (found["ignition"], found["passwd"]) == (theirs["ignition"], theirs["passwd"])
    assert found["storage"]["directories"] == theirs["storage"]["directories"]
    ours = json.loads(text)
    assert found["storage"]["files"] == [FOREIGN_FILE, *ours["storage"]["files"]]
    assert found["systemd"]["units"] == [*theirs["systemd"]["units"], *ours["systemd"]["units"]]


@needs_seeds
@needs_ignition
@pytest.mark.parametrize("kind", ["ClusterInstance", "SiteConfig"])
def test_row_b4_what_the_documents_say_is_replaced_by_ours(kind, tmp_path):
    for text, ours in zip(seed_overrides(kind), (OURS.discovery, OURS.install), strict=True):
        found = json.loads(merge(text, ours))
        assert found["systemd"] == json.loads(ours)["systemd"]
        assert found["storage"] == json.loads(ours)["storage"]
        assert validate(merge(text, ours), tmp_path) == ""


def test_what_is_null_or_missing_takes_ours():
    for text in (
        '{"ignition":{"version":"3.2.0"},"systemd":null,"storage":{"files":null}}',
        '{"ignition":{"version":"3.2.0"}}',
    ):
        assert len(json.loads(merge(text, OURS.install))["storage"]["files"]) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is not JSON: Expecting value"),
        ("[]", "it is no JSON object"),
        ("{}", "its version is None"),
        (
            '{"ignition": {"version": "3.3.0"}}',
            "its version is '3.3.0', and assisted-service takes 3.2.0 and 3.1.0",
        ),
        ('{"ignition": []}', "ignition has to be a JSON object, and is []"),
        (
            '{"ignition": {"version": "3.2.0"}, "systemd": {"units": {}}}',
            "systemd.units has to be a JSON list",
        ),
        (
            '{"ignition": {"version": "3.2.0"}, "storage": {"files": ["a"]}}',
            "storage.files[0] has to be a JSON object",
        ),
    ],
)
def test_what_is_no_ignition_takes_nothing(text, why):
    with pytest.raises(ConfigError) as caught:
        merge(text, OURS.discovery)
    assert caught.value.why.startswith(why)


def test_row_b5_no_apostrophe_is_left():
    theirs = {"ignition": {"version": "3.2.0"}, "storage": {"files": [FOREIGN_FILE]}}
    text = merge(json.dumps(theirs), OURS.install)
    assert "'" not in text + OURS.discovery + OURS.install
    assert json.loads(text)["storage"]["files"][0] == FOREIGN_FILE
    assert "\n" not in text


def test_row_b5_both_are_far_below_the_limits():
    assert archive_size(OURS.discovery) < 16 * 1024
    assert len(OURS.install) < 32 * 1024


@pytest.mark.skipif(shutil.which("cpio") is None, reason="no cpio")
def test_row_b5_the_archive_is_the_one_that_cpio_makes(tmp_path):
    (tmp_path / "config.ign").write_text(OURS.discovery)
    made = subprocess.run(
        ["cpio", "--quiet", "--create", "--format=newc"],
        input=b"config.ign\n",
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    assert abs(len(gzip.compress(made.stdout)) - archive_size(OURS.discovery)) < 64  # its blocks, its times


def test_row_b5_an_archive_holds_the_config():
    archive = gzip.decompress(archived(OURS.discovery))
    head, name = archive[:110], archive[110:121]
    assert (head[:6], name, int(head[54:62], 16)) == (b"070701", b"config.ign\0", len(OURS.discovery))
    assert archive[124:].startswith(OURS.discovery.encode())
    assert archive.endswith(b"TRAILER!!!" + b"\0" * 4)
    assert len(archive) % 4 == 0


@pytest.mark.parametrize("ours", [OURS.discovery, OURS.install], ids=["discovery", "install"])
def test_row_b5_what_is_too_large_is_refused(ours):
    noise = random.Random(1).randbytes(200_000).hex()  # it has to be incompressible, no more
    large = {"path": "/etc/large", "contents": {"source": f"data:,{noise}"}}
    theirs = json.dumps({"ignition": {"version": "3.2.0"}, "storage": {"files": [large]}})
    with pytest.raises(ConfigError, match="there is room for"):
        merge(theirs, ours)


def test_a_label_is_in_the_unit_and_in_the_arguments():
    found = overrides("edge-7")
    (unit,) = json.loads(found.install)["systemd"]["units"]
    assert "ExecStart=/usr/bin/bash /usr/local/bin/extract-ocp.sh ocp edge-7\n" in unit["contents"]
    assert found.installer_args == ("--save-partlabel", "edge-7")


@pytest.mark.parametrize(
    "text", ["", "-data", "a b", "50%", "$HOME", "data*", "a/b", "a'b", "x" * 37, "日本", "a\n"]
)
def test_labels_that_somebody_would_read_otherwise_are_refused(text):
    with pytest.raises(ValueError, match="no name for the partition"):
        partition_label(text)
    with pytest.raises(ConfigError):
        overrides(text)
