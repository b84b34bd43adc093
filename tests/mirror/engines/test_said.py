"""What the tools say, as the transcripts have it, and what we make of it."""

from __future__ import annotations

import pytest

from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.classes import Class, classify, tool_error
from bootstrap.mirror.engines.oc_mirror.log import Log, exit_meaning, mapping
from bootstrap.mirror.engines.oc_says import Said, mirrors
from tests.mirror.engines import transcripts


def read(text):
    log = Log()
    for line in text.splitlines():
        log.line(line)
    return log


def test_an_image_that_failed_is_known_by_name_and_reason_whatever_the_exit_code():
    text = transcripts.MISSING_IMAGE.format(image="quay.io/nope/nope:v1", name="quay.io/nope/nope")
    log = read(text)
    assert log.total == 4
    assert list(log.errors) == ["quay.io/nope/nope:v1"]
    assert classify(log.errors["quay.io/nope/nope:v1"]) is Class.MISSING


def test_colours_and_images_that_come_further_are_understood():
    log = read(transcripts.COLOURED)
    assert (log.total, log.done) == (3, ["quay.io/a/b@sha256:87b1"])
    assert log.errors == {"quay.io/a/c:1": "it gave no reason"}
    assert log.complaints == ["[Executor] collection error: no signature found"]


def test_the_file_of_errors_names_operators_too():
    log = Log()
    log.mirroring_errors(
        "error mirroring image quay.io/a/op:1 (Operator bundles: [x] - Operators: [x]) error: unauthorized\n"
        "error mirroring image docker://quay.io/a/b:1 error: i/o timeout\n"
    )
    assert log.errors == {"quay.io/a/op:1": "unauthorized", "quay.io/a/b:1": "i/o timeout"}


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (0, "exit code 0"),
        (1, "exit code 1 (something general)"),
        (6, "exit code 6 (releases, operators)"),
        (24, "exit code 24 (additional images, helm)"),
        (-9, "signal 9"),
        (255, "exit code 255"),
    ],
)
def test_the_exit_code_is_a_set_of_bits(code, meaning):
    assert exit_meaning(code) == meaning


@pytest.mark.parametrize(
    ("said", "found", "exit_code"),
    [
        (
            "writing blob: open /c/x: no space left on device: connection reset",
            Class.DISK,
            ExitCode.HOST,
        ),
        ("[GenerateReleaseSignatures] no signature found for sha256:00", Class.SIGNATURE, ExitCode.REGISTRY),
        ("reading manifest v1 in quay.io/a/b: unauthorized: access denied", Class.AUTH, ExitCode.REGISTRY),
        ("tls: failed to verify certificate: x509: unknown authority", Class.CERTIFICATE, ExitCode.TRANSFER),
        ("reading manifest 1 in quay.io/a/b: manifest unknown", Class.MISSING, ExitCode.REGISTRY),
        ("failed to retrieve blob sha256:00: unknown blob", Class.MISSING, ExitCode.REGISTRY),
        ("dial tcp: lookup quay.io: no such host", Class.NETWORK, ExitCode.TRANSFER),
        ("received unexpected HTTP status: 503 Service Unavailable", Class.NETWORK, ExitCode.TRANSFER),
        ("Get https://quay.io/v2/: dial tcp 127.0.0.1:5999: connect: connection refused", Class.NETWORK, 5),
        ("toomanyrequests: slow down", Class.NETWORK, ExitCode.TRANSFER),
        ("blob sha256:5035030401404 is 500 bytes long", Class.UNKNOWN, ExitCode.TRANSFER),
    ],
)
def test_words_have_a_class_and_a_class_has_an_exit_code(said, found, exit_code):
    error = tool_error("oc-mirror", "oc-mirror did not bring it", said)
    assert (classify(said), error.exit_code) == (found, exit_code)
    assert said in error.why
    assert getattr(error, "is_temporary", False) is (found is Class.NETWORK)


def test_the_dry_run_says_where_every_image_goes():
    text = (
        "docker://quay.io/a/b@sha256:00=docker://r.example:5000/openshift/release:4.20.1-x86_64-etcd\n"
        "docker://registry.redhat.io/redhat/index:v4.20=docker://r.example:5000/redhat/index:v4.20\n"
        "not a mapping\n"
    )
    assert mapping(text) == (
        ("quay.io/a/b@sha256:00", "r.example:5000/openshift/release:4.20.1-x86_64-etcd"),
        ("registry.redhat.io/redhat/index:v4.20", "r.example:5000/redhat/index:v4.20"),
    )


@pytest.mark.parametrize("text", [transcripts.OC_SUCCESS, transcripts.OC_SUCCESS_IDMS], ids=["icsp", "idms"])
def test_what_oc_tells_clusters_is_the_same_in_all_its_forms(text):
    found = "registry.example:5000/a/b"
    assert mirrors(text) == (
        ("quay.example:5001/openshift-release-dev/ocp-release", (found,)),
        ("quay.example:5001/openshift-release-dev/ocp-v4.0-art-dev", (found,)),
    )


def test_oc_tells_images_success_and_errors():
    said = Said()
    assert sum(said.line(line) for line in transcripts.OC_SUCCESS.splitlines()) == 1
    assert said.is_success
    said = Said()
    assert not any(said.line(line) for line in transcripts.OC_MISSING.splitlines())
    assert not said.is_success
    assert classify(said.errors[0]) is Class.MISSING
