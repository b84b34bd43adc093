"""Which build a host gets: known machines, and the builds that Red Hat publishes for them."""

import hashlib

import pytest

from bootstrap.errors import BootstrapError
from bootstrap.host.tools import archive_problems, choose, host_problems

EL9 = {"architecture": "x86_64", "glibc": "2.34", "fips": False}
EL10 = {"architecture": "x86_64", "glibc": "2.39", "fips": False}
DEBIAN = {"architecture": "x86_64", "glibc": "2.41", "fips": False}
OLD = {"architecture": "x86_64", "glibc": "2.28", "fips": False}
MUSL = {"architecture": "x86_64", "glibc": "", "fips": False}
ARM = {"architecture": "aarch64", "glibc": "2.34", "fips": False}
FIPS = {**EL9, "fips": True}

STATIC = {"tool": "oc", "version": "4.20.3", "arch": "amd64", "src": "/a", "sha256": "0" * 64}
FOR_9, FOR_10 = {**STATIC, "el": 9, "src": "/b"}, {**STATIC, "el": "10", "src": "/c"}
FOR_ARM = {**FOR_9, "arch": "arm64", "src": "/d"}
ALL = [STATIC, FOR_9, FOR_10, FOR_ARM]


@pytest.mark.parametrize(
    ("machine", "wanted"),
    [
        (EL9, FOR_9),
        (EL10, FOR_10),
        (DEBIAN, FOR_10),
        (OLD, STATIC),
        (MUSL, STATIC),
        (ARM, FOR_ARM),
        (FIPS, FOR_9),
    ],
    ids=["el9", "el10", "debian", "old", "musl", "arm", "fips"],
)
def test_a_host_gets_the_build_for_the_latest_release_that_it_can_run(machine, wanted):
    assert choose(ALL, "registry1", machine) == [wanted]
    assert list(host_problems(ALL, "registry1", machine)) == []


def test_each_tool_is_chosen_by_itself_in_the_order_of_the_list():
    mirror = {**FOR_9, "tool": "oc-mirror"}
    assert choose([FOR_10, mirror, FOR_9], "registry1", EL9) == [FOR_9, mirror]


@pytest.mark.parametrize(
    ("machine", "archives", "why"),
    [
        (ARM, [STATIC], "it is arm64 with glibc 2.34; listed: 4.20.3 amd64: another architecture"),
        (EL9, [FOR_10], "it is amd64 with glibc 2.34; listed: 4.20.3 amd64 el10: needs glibc 2.39"),
        (
            FIPS,
            [STATIC, {**FOR_9, "fips": False}],
            (
                "it is amd64 with glibc 2.34, in FIPS mode; listed: "
                "4.20.3 amd64: static, and no build for FIPS mode; "
                "4.20.3 amd64 el9: static, and no build for FIPS mode"
            ),
        ),
        (MUSL, [FOR_9], "it is amd64 with no glibc; listed: 4.20.3 amd64 el9: needs glibc 2.34"),
    ],
    ids=["architecture", "glibc", "fips", "musl"],
)
def test_without_a_build_that_fits_it_says_what_the_host_is_and_why_each_does_not(machine, archives, why):
    (problem,) = host_problems(archives, "registry1", machine)
    assert problem.what == "registry1: no build of oc in mirror_tools_archives runs on it"
    assert problem.why == why
    with pytest.raises(BootstrapError, match="no build of oc"):
        choose(archives, "registry1", machine)


def test_the_fix_names_the_build_to_add():
    (problem,) = host_problems([FOR_ARM], "registry1", EL10)
    wanted = "the build of oc with arch amd64 and el 9 or 10 (or no el: the static build)"
    assert problem.fix == f"add {wanted} to mirror_tools_archives"
    (problem,) = host_problems([FOR_ARM], "registry1", FIPS)
    assert problem.fix == "add the build of oc with arch amd64 and el 9 to mirror_tools_archives"


def test_a_static_build_that_is_made_for_fips_mode_is_taken_by_its_word():
    assert choose([{**STATIC, "fips": "true"}], "registry1", FIPS) == [{**STATIC, "fips": "true"}]


def test_of_two_builds_that_fit_equally_well_none_is_guessed():
    (problem,) = host_problems([FOR_9, {**FOR_9, "version": "4.19.9"}], "registry1", EL9)
    assert problem.what == "registry1: mirror_tools_archives has 2 builds of oc that fit it equally well"
    assert problem.why == "4.20.3 amd64 el9; 4.19.9 amd64 el9"


@pytest.mark.parametrize(
    "directory", ["latest", "latest-4.20", "stable", "stable-4.20", "fast", "candidate-4.21"]
)
def test_a_url_that_is_not_pinned_is_refused(directory):
    url = f"https://mirror.openshift.com/pub/openshift-v4/clients/ocp/{directory}/oc-mirror.rhel9.tar.gz"
    (problem,) = archive_problems([{**FOR_9, "src": url}])
    assert problem.what == "mirror_tools_archives[0] takes oc from where it changes"
    assert problem.why.startswith(f"'{directory}' in {url} is another version tomorrow")
    assert "4.20.3" in problem.fix


def test_a_pinned_url_is_not_looked_at_further():
    url = "https://mirror.openshift.com/pub/openshift-v4/clients/ocp/4.20.3/oc-mirror.rhel9.tar.gz"
    assert list(archive_problems([{**FOR_9, "src": url}])) == []


def test_a_file_is_the_one_that_is_asked_for_or_refused_with_both_digests(tmp_path):
    path = tmp_path / "oc.tar.gz"
    path.write_bytes(b"an archive")
    digest = hashlib.sha256(b"an archive").hexdigest()
    right = {**STATIC, "src": str(path), "sha256": digest.upper()}
    (other,) = archive_problems([right, {**right, "sha256": "1" * 64}])
    assert other.what == f"mirror_tools_archives[1]: {path} is not the archive of oc that is asked for"
    assert other.why == f"its sha256 is {digest}, and sha256 says {'1' * 64}"
    (absent,) = archive_problems([{**right, "src": str(tmp_path / "nowhere")}])
    assert absent.why == "No such file or directory"
