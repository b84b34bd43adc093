"""An image set that needs a program gets it, has it, or is told what to install and how."""

import pytest

from bootstrap.site.model import Connection, Host
from bootstrap.workflow import check_tools

SEEN = {"architecture": "x86_64", "glibc": "2.34", "fips": False, "tools": {"oc-mirror": None}}
HEAD = "apiVersion: mirror.openshift.io/v2alpha1\nkind: ImageSetConfiguration\nmirror:\n"
PLAIN = HEAD + "  additionalImages: [{name: quay.io/example/hello:1}]\n"
OPERATORS = HEAD + "  operators: [{catalog: registry.redhat.io/redhat/redhat-operator-index:v4.20}]\n"
HELM = HEAD + "  helm: {repositories: [{name: a, url: 'https://charts.example.com', charts: [{name: b}]}]}\n"
ARCHIVE = {
    "tool": "oc-mirror",
    "version": "4.20.3",
    "arch": "amd64",
    "el": "9",
    "src": "https://files.example.com/4.20.3/oc-mirror.rhel9.tar.gz",
    "sha256": "0" * 64,
}


@pytest.fixture
def mirror(tmp_path):
    def host(text=PLAIN, engine="auto", archives=(), directory="/usr/local/bin"):
        path = tmp_path / "imageset.yaml"
        path.write_text(text)
        values = {
            "mirror_content_imageset": str(path),
            "mirror_content_engine": engine,
            "mirror_tools_archives": list(archives),
            "mirror_tools_dir": directory,
        }
        return Host("mirror1", ("mirror",), values, Connection("local", "mirror1"))

    return host


@pytest.mark.parametrize(("text", "what"), [(OPERATORS, "operators"), (HELM, "helm")])
def test_without_oc_mirror_it_says_why_it_is_needed_and_what_to_set(mirror, text, what):
    (problem,) = check_tools.look_problems(mirror(text), SEEN)
    assert problem.what == "mirror1: oc-mirror is needed there, and is not there"
    assert problem.why == f"the image set has {what}"
    entry = "{tool: oc-mirror, version: VERSION, arch: amd64, el: 9, src: FILE-OR-URL, sha256: SHA256}"
    assert problem.fix.startswith(
        f"set mirror_tools_archives: [{entry}], and `up` installs it; or put it in "
    )


def test_one_that_is_there_will_do(mirror):
    seen = {**SEEN, "tools": {"oc-mirror": "/usr/local/bin/oc-mirror"}}
    assert list(check_tools.look_problems(mirror(OPERATORS), seen)) == []


def test_one_that_will_be_installed_will_do(mirror):
    assert list(check_tools.look_problems(mirror(OPERATORS, archives=[ARCHIVE]), SEEN)) == []


def test_one_that_will_be_installed_elsewhere_will_do_for_its_path_is_handed_on(mirror):
    given = mirror(OPERATORS, archives=[ARCHIVE], directory="/opt/tools")
    assert list(check_tools.look_problems(given, SEEN)) == []


def test_one_that_does_not_run_there_is_told_before_it_travels(mirror):
    arm = {**SEEN, "architecture": "aarch64"}
    (problem,) = check_tools.look_problems(mirror(OPERATORS, archives=[ARCHIVE]), arm)
    assert problem.what == "mirror1: no build of oc-mirror in mirror_tools_archives runs on it"


def test_what_our_own_engine_can_do_needs_no_program(mirror):
    assert check_tools.needed(mirror()) == {}


@pytest.mark.parametrize("engine", ["oc", "oc-mirror"])
def test_an_engine_that_is_asked_for_needs_its_program(mirror, engine):
    assert check_tools.needed(mirror(engine=engine)) == {engine: f"mirror_content_engine is {engine}"}


def test_files_on_the_controller_are_read(mirror, tmp_path):
    (tmp_path / "oc-mirror").write_bytes(b"other bytes")
    given = mirror(archives=[{**ARCHIVE, "src": str(tmp_path / "oc-mirror")}])
    (problem,) = check_tools.file_problems(given)
    assert problem.what.endswith("is not the archive of oc-mirror that is asked for")


@pytest.mark.parametrize(
    "archive", ["oc", {"tool": "oc"}, {**ARCHIVE, "el": "8"}], ids=["text", "keys", "el"]
)
def test_archives_that_are_wrong_by_themselves_are_told_with_the_settings(mirror, archive):
    given = mirror(archives=[archive])
    assert [*check_tools.file_problems(given), *check_tools.look_problems(given, SEEN)] == []


def test_an_image_set_that_cannot_be_read_is_told_elsewhere(mirror):
    assert check_tools.needed(mirror("kind: Other")) == {}
