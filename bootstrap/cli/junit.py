"""A verification as JUnit XML, as CI systems show it: one test suite a registry, one test case an image.

Source: the format has no owner; this is the part on which the schemas of Jenkins (xunit plugin,
``junit-10.xsd``) and Maven Surefire (``surefire-test-report.xsd``) agree.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from bootstrap.errors import BootstrapError, ConfigError, VerificationError
from bootstrap.workflow.verify import Verified, VerifiedImage


def write(path: Path, done: Verified) -> None:
    """Write the report to ``path``.

    Raises:
        ConfigError: It cannot be written.
    """
    try:
        path.write_bytes(report(done))
    except OSError as error:
        raise _unwritable(path, str(error.strerror)) from error


def refuse_unwritable(path: Path) -> None:
    """See that ``path`` can be written, before anything takes long.

    Raises:
        ConfigError: It cannot.
    """
    if not path.parent.is_dir():
        raise _unwritable(path, f"there is no directory {path.parent}")
    if path.is_dir():
        raise _unwritable(path, "it is a directory")


def report(done: Verified) -> bytes:
    """Return the report."""
    root = ET.Element("testsuites", name="bootstrap-registry verify")
    for registry in done.registries:
        name = str(registry["registry"])
        images = [image for image in done.images if image.registry == name]
        _add_registry(root, name, float(registry["seconds"]), str(registry["time"]), images)
    # What is wrong with a whole registry, or with the run.
    others = [problem for problem in done.problems if not isinstance(problem, VerificationError)]
    if others:
        _add_others(root, others)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _add_registry(
    root: ET.Element, name: str, seconds: float, time: str, images: Sequence[VerifiedImage]
) -> None:
    counts = [sum(image.outcome == each for image in images) for each in ("broken", "unchecked")]
    suite = _suite(root, name, tests=len(images), failures=counts[0], errors=counts[1])
    suite.set("time", f"{seconds:.3f}")
    suite.set("timestamp", time.rstrip("Z"))  # the schemas want no zone; it is UTC
    for image in images:
        case = ET.SubElement(
            suite,
            "testcase",
            name=f"{image.source} as {image.destination}",
            classname=f"{name}.{image.group}",
            time="0",
        )
        if image.why is not None:
            # What is wrong is a failure; what nobody could look at is an error of the check itself.
            tag, kind = (
                ("failure", "VerificationError") if image.outcome == "broken" else ("error", "Unchecked")
            )
            failure = ET.SubElement(case, tag, message=image.why, type=kind)
            failure.text = f"{image.why}\nsource: {image.source}\ndigest: {image.digest}\n"


def _add_others(root: ET.Element, problems: Sequence[BootstrapError]) -> None:
    suite = _suite(root, "bootstrap-registry verify", tests=len(problems), errors=len(problems))
    for problem in problems:
        case = ET.SubElement(suite, "testcase", name=problem.what, classname="bootstrap-registry", time="0")
        error = ET.SubElement(case, "error", message=problem.why, type=type(problem).__name__)
        error.text = str(problem)


def _suite(root: ET.Element, name: str, *, tests: int, failures: int = 0, errors: int = 0) -> ET.Element:
    counts = {"tests": str(tests), "failures": str(failures), "errors": str(errors), "skipped": "0"}
    return ET.SubElement(root, "testsuite", {"name": name, "time": "0", **counts})


def _unwritable(path: Path, why: str) -> ConfigError:
    return ConfigError(f"cannot write the report {path}", why=why, fix="give another file to --junit")
