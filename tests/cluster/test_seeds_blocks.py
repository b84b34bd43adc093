"""What the documents that people follow today get wrong is refused, its field named (cluster-formats, 3.4).

Each block is read verbatim; that the same block without its one mistake is not refused for that field shows
that it is the mistake that was seen.
"""

import base64
import re

import pytest

from bootstrap.cluster.hosted.references import problems_of
from tests.cluster.crds import needs_crds, problems
from tests.cluster.hosted.site import KEY, ssh_key
from tests.cluster.seed_blocks import block, needs_seeds
from tests.cluster.strict_yaml import documents

pytestmark = [needs_crds, needs_seeds]

HOSTED_CLUSTER = {"apiVersion": "hypershift.openshift.io/v1beta1", "kind": "HostedCluster"}
IMAGE = {"apiVersion": "config.openshift.io/v1", "kind": "Image"}


def refused(text, **more):
    """What is wrong with a block; ``more`` is what a fragment leaves out."""
    try:
        return [each for item in documents(text) for each in problems({**more, **item})]
    except ValueError as error:
        return str(error).splitlines()


def said_of(field, found):
    return [each for each in found if re.search(rf"(^|[ .]){re.escape(field)}\b", each)]


def only_the_mistake(text, field, mend, **more):
    """Assert that the block is refused for ``field``, and that ``mend`` is all it takes."""
    assert said_of(field, refused(text, **more)), refused(text, **more)
    mended = mend(text)
    assert mended != text
    assert not said_of(field, refused(mended, **more))


def test_h1_the_additional_trusted_ca_is_an_object_and_no_list():
    only_the_mistake(
        block("additionalTrustedCA:"),
        "spec.additionalTrustedCA",
        lambda text: text.replace("- name", "  name"),
        **IMAGE,
        metadata={"name": "cluster"},
    )


def test_h2_the_additional_trust_bundle_is_an_object_and_no_list():
    only_the_mistake(
        block("additionalTrustBundle:"),
        "spec.additionalTrustBundle",
        lambda text: text.replace("- name", "  name"),
        **HOSTED_CLUSTER,
        metadata={"name": "hosted", "namespace": "clusters"},
    )


def indented(text):
    """Return the block of an AgentServiceConfig with the second osImage indented like the first."""
    head, middle, tail = text.rpartition("  - cpuArchitecture")
    return head + middle + re.sub(r"^   (?=\w)", "    ", tail, flags=re.MULTILINE)


def test_h4_a_list_whose_second_member_is_indented_less_is_no_yaml():
    only_the_mistake(block("kind: AgentServiceConfig"), "openshiftVersion", indented)


def test_h6_the_agent_service_config_is_in_no_namespace():
    only_the_mistake(
        indented(block("kind: AgentServiceConfig")),
        "metadata.namespace",
        lambda text: text.replace("  namespace: multicluster-engine\n", ""),
    )


def test_h9_dots_for_what_was_left_out_are_no_yaml_and_a_null_is_no_list():
    text = block("kind: HostedCluster")
    assert refused(text) == ["line 24: ...: could not find expected ':'"]
    whole = text.replace("  - mirrors:\n  ...\n  ...\n", "")
    only_the_mistake(
        whole,
        "spec.etcd.managed.storage.restoreSnapshotURL",
        lambda text: text.replace("        restoreSnapshotURL: null\n", ""),
    )


@pytest.mark.parametrize("field", ["spec.management.autoRepair", "spec.management.upgradeType"])
def test_h13_a_backslash_after_a_value_is_part_of_it(field):
    only_the_mistake(block("kind: NodePool"), field, lambda text: text.replace(" \\\n", "\n"))


def test_h14_a_comment_is_no_separator_of_documents_so_every_key_is_there_twice():
    text = block("kind: BareMetalHost")
    for field in ("apiVersion", "kind", "metadata"):
        only_the_mistake(text, field, lambda text: plain(text.replace("\n# ...\n", "\n---\n")))


def plain(text):
    """Return ``text`` with names where it has placeholders."""
    return text.replace("<hosted_cluster_name>", "hosted").replace("<hosted_cluster_namespace>", "clusters")


def hanging(text):
    """What is wrong with a block, but for references to what other blocks have."""
    return [each for each in problems_of(documents(text)) if "there is no " not in each]


def test_h15_brackets_around_an_address_of_ipv4_are_no_url():
    text = plain(block("kind: BareMetalHost").replace("\n# ...\n", "\n---\n"))
    assert said_of("spec.bmc.address", hanging(text))
    assert not said_of(
        "spec.bmc.address", hanging(text.replace("[192.168.126.1]", "192.168.126.1").replace("local/", ""))
    )


def test_h16_a_controllers_password_is_not_admin():
    text = plain(block("kind: BareMetalHost").replace("\n# ...\n", "\n---\n"))
    assert said_of("spec.bmc.credentialsName", hanging(text))
    other = text.replace("password: YWRtaW4=", "password: Y29ycmVjdCBob3JzZQ==")
    assert not said_of("spec.bmc.credentialsName", hanging(other))


def test_h17_the_ssh_key_of_the_documentation_is_in_no_node():
    text = block("kind: InfraEnv")
    (said,) = said_of("spec.sshAuthorizedKey", hanging(text))
    assert "it is the key of an example" in said
    mended = re.sub(r"(sshAuthorizedKey: ).*", rf"\1{ssh_key()}", text)
    assert not said_of("spec.sshAuthorizedKey", hanging(mended))


def test_h18_the_etcd_key_of_the_documentation_encrypts_nothing():
    field = "spec.secretEncryption.aescbc.activeKey.name"
    whole = block("kind: HostedCluster").replace("  - mirrors:\n  ...\n  ...\n", "")
    text = plain(block("kind: Secret") + "---\n" + whole)
    (said,) = said_of(field, hanging(text))
    assert "it is the key of an example" in said
    key = base64.b64encode(KEY).decode()
    assert not said_of(field, hanging(re.sub(r"key: nTPt.*", f"key: {key}", text)))


def test_h10_a_release_is_named_by_digest():
    field, text = "spec.release.image", plain(block("kind: NodePool").replace(" \\\n", "\n"))
    assert said_of(field, hanging(text))
    mended = text.replace("release-images:4.x.y-x86_64", f"release-images@sha256:{'a' * 64}")
    assert not said_of(field, hanging(mended))
