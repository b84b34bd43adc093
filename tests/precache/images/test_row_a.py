"""Row A of the acceptance list, as far as it is about which images there are and what they are called."""

import pytest

from bootstrap.errors import ConfigError, Problems
from bootstrap.precache.images.classify import BOTH, DISCOVERY, INSTALL, stages_of
from bootstrap.precache.images.listed import listed
from bootstrap.precache.images.mapping import parse_line, read_mapping
from bootstrap.precache.images.naming import artifact_name

HEX = "a" * 64
DIGEST = f"sha256:{HEX}"
QUAY = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"

# telco-ran-tools at ecd9e26: the components of a payload that the discovery needs, too.
FOURTEEN = [
    *("must-gather", "hyperkube", "cloud-credential-operator", "cluster-policy-controller", "pod"),
    *("cluster-config-operator", "cluster-etcd-operator", "cluster-kube-controller-manager-operator"),
    *("cluster-kube-scheduler-operator", "machine-config-operator", "etcd", "cluster-bootstrap"),
    *("cluster-ingress-operator", "cluster-kube-apiserver-operator"),
]


@pytest.mark.parametrize(
    ("line", "source", "destination"),
    [
        (
            f"{QUAY}@{DIGEST}=openshift/release:4.20.9-x86_64-etcd",
            f"{QUAY}@{DIGEST}",
            (None, "openshift/release", "4.20.9-x86_64-etcd", None),
        ),
        (
            f"docker://{QUAY}@{DIGEST}=docker://registry.example.com:5000/openshift/release:4.20.9-x86_64-etcd",
            f"{QUAY}@{DIGEST}",
            ("registry.example.com:5000", "openshift/release", "4.20.9-x86_64-etcd", None),
        ),
        (
            "docker://mirror:5000/a/app:v1=docker://localhost:55000/a/app:v1",
            "mirror:5000/a/app:v1",
            ("localhost:55000", "a/app", "v1", None),
        ),
        (
            f"registry.redhat.io/a/app:v1@{DIGEST}=file://a/app:v1@{DIGEST}",
            f"registry.redhat.io/a/app:v1@{DIGEST}",
            (None, "a/app", "v1", DIGEST),
        ),
        (
            f"docker://[fd00::1]:5000/app@{DIGEST}=docker://[fd00::2]:5000/app@{DIGEST}",
            f"[fd00::1]:5000/app@{DIGEST}",
            ("[fd00::2]:5000", "app", None, DIGEST),
        ),
    ],
    ids=["version 1", "version 2", "a port and a tag", "tag and digest", "IPv6"],
)
def test_row_a1_lines_of_either_version_are_read(line, source, destination):
    found = parse_line(line)
    place = found.destination
    digest = str(place.digest) if place.digest else None
    assert (str(found.source), (place.registry, place.repository, place.tag, digest)) == (source, destination)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("quay.io/a/b:1", "with one = between them"),
        ("quay.io/a/b:1=a/b:1=c/d:1", "with one = between them"),
        ("=a/b:1", "its source"),
        ("quay.io/a/b:1=", "its destination"),
        ("short:1=a/b:1", "does not begin with a registry"),
        ("quay.io/a/b=a/b:1", "neither tag nor digest"),
        ("quay.io/a/b@sha256:12=a/b:1", "is not sha256:<64 hex digits>"),
        (f"quay.io/a/b:1=a/b@sha256:{'z' * 64}", "a digest that is not sha256"),
        ("quay.io/a/b:1=registry:5000/A/b:1", "no image in a registry"),
        ("oci:///home/me/catalog=registry:5000/a/b:1", "is in no registry"),
    ],
)
def test_row_a1_a_malformed_line_says_what_is_wrong(line, why):
    with pytest.raises(ValueError, match=why):
        parse_line(line)


def test_row_a1_all_malformed_lines_are_named_with_their_file_and_number(tmp_path):
    path = tmp_path / "mapping.txt"
    path.write_text("# comment\n\nquay.io/a/b:1=a/b:1\nnonsense\nquay.io/a/b:1=a/b:1\nmore=of=it\n")
    with pytest.raises(Problems) as error:
        read_mapping(path)
    assert [each.what for each in error.value.problems] == [
        f"cannot use {path}, line 4",
        f"cannot use {path}, line 6",
    ]


@pytest.mark.parametrize("content", [b"", b"\n# nothing\n", b"\xff\xfe"])
def test_row_a1_a_file_that_names_nothing_is_an_error(tmp_path, content):
    (tmp_path / "mapping.txt").write_bytes(content)
    with pytest.raises(ConfigError):
        read_mapping(tmp_path / "mapping.txt")


@pytest.mark.parametrize("component", FOURTEEN)
@pytest.mark.parametrize("release", ["4.20.9-x86_64", "4.21.0-rc.1-aarch64", "4.20.9-multi"])
def test_row_a1_fourteen_components_are_for_both_stages(component, release):
    assert stages_of("openshift/release", f"{release}-{component}") == BOTH
    assert stages_of("openshift/release", component=component) == BOTH
    assert stages_of("mine/openshift/release", f"{release}-{component}") == BOTH


@pytest.mark.parametrize(
    ("repository", "tag", "expected"),
    [
        ("openshift/release-images", "4.20.9-x86_64", BOTH),
        ("mine/openshift/release-images", "4.20.9-x86_64", BOTH),
        ("openshift/release", "4.20.9-x86_64-installer", INSTALL),
        ("openshift/release", "4.20.9-x86_64-pod-extra", INSTALL),
        ("openshift/release", "4.20.9-x86_64-etcd-operator", INSTALL),
        ("openshift/release", f"sha256-{HEX}", INSTALL),
        ("openshift/release", None, INSTALL),
        ("multicluster-engine/assisted-installer-rhel9", "v1", DISCOVERY),
        ("multicluster-engine/assisted-installer-agent-rhel9", None, DISCOVERY),
        ("multicluster-engine/assisted-installer-reporter-rhel9", "v1", BOTH),
        ("multicluster-engine/assisted-installer-controller-rhel9", "v1", BOTH),
        ("mine/multicluster-engine/assisted-installer-reporter-rhel9", None, BOTH),
        ("multicluster-engine/assisted-service-9-rhel9", "v1", INSTALL),
        ("redhat/redhat-operator-index", "v4.20", INSTALL),
        ("not-openshift/release", "4.20.9-x86_64-etcd", INSTALL),
    ],
)
def test_row_a1_every_other_image_is_classified_by_its_place(repository, tag, expected):
    assert stages_of(repository, tag) == expected


def test_row_a1_a_list_is_read_from_the_sites_registries_whatever_registry_it_names(tmp_path):
    path = tmp_path / "mapping.txt"
    path.write_text(
        f"docker://{QUAY}@{DIGEST}=docker://localhost:55000/openshift/release:4.20.9-x86_64-etcd\n"
        f"docker://registry.redhat.io/a/app:v1@{DIGEST}=docker://two:5000/a/app:v1\n"
        "docker://registry.redhat.io/a/left-out:v1=docker://two:5000/a/left-out:v1\n"
    )
    found = listed(
        path,
        ["one:5000", "two:5000"],
        "amd64",
        discovery=[f"registry.redhat.io/a/app@{DIGEST}"],
        exclude=["left-"],
    )
    assert found.excluded == ("registry.redhat.io/a/left-out:v1",)
    etcd, app = found.images
    assert (etcd.places, etcd.stages) == (("one:5000/openshift/release", "two:5000/openshift/release"), BOTH)
    assert etcd.destination == "one:5000/openshift/release:4.20.9-x86_64-etcd"
    # A node that asks by digest says no tag.
    assert (app.pull_spec, app.stages) == (f"registry.redhat.io/a/app@{DIGEST}", DISCOVERY)
    assert app.places == ("two:5000/a/app", "one:5000/a/app")


def test_row_a1_patterns_and_images_that_are_none_are_told_with_the_lines(tmp_path):
    path = tmp_path / "mapping.txt"
    path.write_text("nonsense\n")
    with pytest.raises(Problems) as error:
        listed(path, ["one:5000"], "amd64", discovery=["short"], exclude=["("])
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        (f"{QUAY}@{DIGEST}", f"ocp-v4.0-art-dev@sha256_{HEX}"),
        ("registry:5000/a/app:v1", "app_v1"),
        (f"mirror.example.com:5000/x@{DIGEST}", f"x@sha256_{HEX}"),
        (f"quay.io/a/app:v1@{DIGEST}", f"app_v1@sha256:{HEX}"),
    ],
)
def test_row_a4_an_archive_is_called_after_the_last_part_of_the_pull_spec(spec, name):
    assert artifact_name(spec) == name
