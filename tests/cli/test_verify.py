"""What a verification looks like: as a table, and as a JUnit report."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bootstrap.cli import junit
from bootstrap.cli.verify import verified_text
from bootstrap.errors import ConfigError, TransferError, VerificationError
from bootstrap.workflow.verify import Verified, VerifiedImage

RELEASE, OTHER = "release 4.20.9 amd64", "additional images"


def image(registry, group, name, why=None, outcome="broken"):
    return VerifiedImage(
        registry,
        group,
        f"quay.io/{name}:v1",
        f"{name}:v1",
        "sha256:0",
        1_500_000,
        why,
        outcome if why else "ok",
    )


def registry(location, **more):
    return {"registry": location, "images": 2, "seconds": 1.25, "time": "2026-11-21T04:00:00Z", **more}


DONE = Verified(
    "",
    (
        registry("a:5000", images=2, broken=1, bytes_read=0),
        registry("b:5000", images=2, unchecked=1, bytes_read=3_000_000),
    ),
    (
        image("a:5000", OTHER, "team/app"),
        image("a:5000", RELEASE, "ocp/release"),
        image("a:5000", RELEASE, "ocp/etcd", why='blob <1> is not "there" & won\'t be'),
        *(image("b:5000", RELEASE, name) for name in ("ocp/release", "ocp/etcd")),
        image("b:5000", RELEASE, "team/app", why="b:5000 answered 503", outcome="unchecked"),
    ),
    (
        VerificationError("a:5000 does not hold quay.io/ocp/etcd:v1", why="it is gone", fix="repair"),
        TransferError("cannot use the registry c:5000", why="nobody answers", fix="start it"),
    ),
)


def test_the_table_has_a_line_for_each_registry_and_content_releases_first():
    lines = [re.split(r"\s{2,}", line) for line in verified_text(DONE).splitlines()]
    assert lines[0] == ["REGISTRY", "CONTENT", "IMAGES", "SIZE", "BROKEN", "UNCHECKED"]
    assert lines[1] == ["a:5000", RELEASE, "2", "3.0 MB", "1", "-"]
    assert lines[2] == ["a:5000", OTHER, "1", "1.5 MB", "-", "-"]
    assert lines[3] == ["b:5000", RELEASE, "3", "4.5 MB", "-", "1"]
    assert "a:5000: 2 images are as the ledger says, 1 are NOT (1 s)" in verified_text(DONE)
    assert (
        "b:5000: 2 images are as the ledger says, 1 could not be checked, 3.0 MB read and hashed (1 s)"
        in verified_text(DONE)
    )


# What the two schemas want of each element: attributes that have to be there, and children that may.
SCHEMA = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"},
        {"testcase"},
    ),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped"}),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
}
ALLOWED = {"testsuite": {"timestamp", "hostname", "id", "package"}}


def test_the_report_has_the_shape_that_the_schemas_want():
    root = ET.fromstring(junit.report(DONE))
    assert root.tag == "testsuites"
    for element in root.iter():
        required, children = SCHEMA[element.tag]
        assert required <= set(element.attrib) <= required | ALLOWED.get(element.tag, set())
        assert {child.tag for child in element} <= children
        for key in ("tests", "failures", "errors", "skipped"):
            assert element.get(key, "0").isdigit()
        assert float(element.get("time", "0")) >= 0
        if (stamp := element.get("timestamp")) is not None:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", stamp)
    for suite in root:
        cases = suite.findall("testcase")
        assert int(suite.attrib["tests"]) == len(cases)
        assert int(suite.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
        assert int(suite.attrib["errors"]) == sum(case.find("error") is not None for case in cases)
    assert [root.get(key) for key in ("tests", "failures", "errors")] == ["7", "1", "2"]


def test_the_report_has_a_test_case_for_each_image_and_registry():
    root = ET.fromstring(junit.report(DONE))
    assert [suite.get("name") for suite in root] == ["a:5000", "b:5000", "bootstrap-registry verify"]
    (failure,) = root.iter("failure")
    assert failure.get("message") == 'blob <1> is not "there" & won\'t be'
    case = next(case for case in root.iter("testcase") if case.find("failure") is not None)
    assert case.get("classname") == f"a:5000.{RELEASE}"
    assert case.get("name") == "quay.io/ocp/etcd:v1 as ocp/etcd:v1"


def test_the_report_tells_what_is_wrong_from_what_could_not_be_looked_at():
    root = ET.fromstring(junit.report(DONE))
    assert [each.get("message") for each in root.iter("error")] == ["b:5000 answered 503", "nobody answers"]
    assert [suite.get("failures") for suite in root] == ["1", "0", "0"]
    assert [suite.get("errors") for suite in root] == ["0", "1", "1"]


def test_a_report_that_cannot_be_written_is_refused_before_anything_takes_long(tmp_path):
    junit.refuse_unwritable(tmp_path / "report.xml")
    for path in (tmp_path / "absent" / "report.xml", tmp_path):
        with pytest.raises(ConfigError, match="cannot write the report"):
            junit.refuse_unwritable(path)
    with pytest.raises(ConfigError, match="cannot write the report"):
        junit.write(Path("/proc/report.xml"), DONE)
