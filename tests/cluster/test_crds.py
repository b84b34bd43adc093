"""The reader of real CRDs notices what an API server would."""

import copy

import jsonschema
import pytest

from tests.cluster import cel_rules
from tests.cluster.crds import all_kinds, defaulted, needs_crds, problems, schemas_of, validate
from tests.cluster.strict_yaml import documents

pytestmark = needs_crds

_HOSTED = """
apiVersion: hypershift.openshift.io/v1beta1
kind: HostedCluster
metadata: {name: hosted, namespace: clusters}
spec:
  etcd:
    managementType: Managed
    managed: {storage: {type: PersistentVolume, persistentVolume: {size: 8Gi}}}
  networking:
    clusterNetwork: [{cidr: 10.132.0.0/14}]
    serviceNetwork: [{cidr: 172.31.0.0/16}]
    machineNetwork: [{cidr: 192.168.0.0/24}]
  platform: {type: Agent, agent: {agentNamespace: clusters-hosted}}
  pullSecret: {name: hosted-pull-secret}
  release: {image: "registry:5000/r@sha256:abc"}
  services:
  - {service: APIServer, servicePublishingStrategy: {type: LoadBalancer}}
  - {service: OAuthServer, servicePublishingStrategy: {type: Route}}
  - {service: Konnectivity, servicePublishingStrategy: {type: Route}}
  - {service: Ignition, servicePublishingStrategy: {type: Route}}
"""
_CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"}}


def hosted():
    return documents(_HOSTED)[0]


def test_all_rules_of_all_crds_can_be_evaluated_but_those_named():
    seen = set()
    for kind in all_kinds():
        for schema in schemas_of(kind).values():
            seen |= set(_rules(schema))
    assert len(seen) > 200
    left_out = {rule for rule in seen if rule.startswith(cel_rules.UNPARSABLE)}
    assert len(left_out) == 4
    for rule in seen - left_out:
        cel_rules.program(rule)
    for rule in left_out:
        with pytest.raises(ValueError, match="parse"):
            cel_rules.program(rule)


def _rules(schema):
    if isinstance(schema, dict):
        found = schema.get("x-kubernetes-validations")
        yield from (each["rule"] for each in found or () if isinstance(found, list))
        for each in schema.values():
            yield from _rules(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _rules(each)


def test_a_right_object_is_accepted():
    validate(hosted())


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("spec.release.images", "x", "spec.release.images: Additional properties"),
        ("spec.platform.type", "Bare", "spec.platform.type: 'Bare' is not one of"),
        ("spec.fips", "no", "spec.fips: 'no' is not of type 'boolean'"),
        ("spec.pullSecret", None, "spec.pullSecret: None is not of type 'object'"),
        ("metadata.labels", {"a": True}, "metadata.labels.a: True is not of type 'string'"),
        ("metadata.labels", {"a": "no label"}, "metadata.labels.a: 'no label' is no label"),
        ("metadata.name", "Hosted", "metadata.name: 'Hosted' is no DNS name"),
        ("metadata.namespace", "a.b", "metadata.namespace: 'a.b' does not match"),
        ("apiVersion", "hypershift.openshift.io/v1", "apiVersion: 'hypershift.openshift.io/v1' is not one"),
    ],
)
def test_each_mistake_is_named_by_its_field(path, value, said):
    item = hosted()
    *parents, last = path.split(".")
    inner = item
    for each in parents:
        inner = inner[each]
    inner[last] = value
    assert any(said in each for each in problems(item)), problems(item)


def test_rules_are_evaluated_with_defaults_in_place():
    item = hosted()
    del item["spec"]["services"][3]
    assert any("services" in each for each in problems(item))
    item = hosted()
    item["spec"]["networking"]["machineNetwork"][0]["cidr"] = "172.31.0.0/16"
    assert any("spec.networking" in each for each in problems(item))
    whole = defaulted(hosted(), schemas_of("HostedCluster")["v1beta1"])
    assert whole["spec"]["networking"]["networkType"] == "OVNKubernetes"
    assert "networkType" not in hosted()["spec"]["networking"]


def test_a_null_where_there_is_a_default_takes_it_and_elsewhere_is_refused():
    item = hosted()
    item["spec"]["networking"]["networkType"] = None
    validate(item)


def test_a_kind_for_all_of_a_cluster_is_in_no_namespace():
    image = {
        "apiVersion": "config.openshift.io/v1",
        "kind": "Image",
        "metadata": {"name": "cluster"},
        "spec": {},
    }
    validate(image)
    wrong = copy.deepcopy(image)
    wrong["metadata"]["namespace"] = "openshift-config"
    with pytest.raises(jsonschema.ValidationError, match=r"metadata\.namespace: 'openshift-config'"):
        validate(wrong)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ({**_CONFIG, "data": {"a:5000": "x"}}, "data.a:5000: a key has letters"),
        ({**_CONFIG, "data": {"a": 1}}, "data.a: 1 is not of type 'string'"),
        ({**_CONFIG, "data": {"a": "x" * 1_100_000}}, "data: 1100000 bytes"),
        ({**_CONFIG, "kind": "Secret", "data": {"a": "!"}}, "data.a: '!' is not a 'byte'"),
        (
            {**_CONFIG, "kind": "Secret", "type": "kubernetes.io/dockerconfigjson"},
            "data..dockerconfigjson: a Secret of type",
        ),
        ({**_CONFIG, "kind": "Confmap"}, "kind: 'Confmap' is not among"),
    ],
)
def test_kinds_of_kubernetes_itself_are_known_too(item, said):
    assert any(said in each for each in problems(item)), problems(item)


def test_a_key_given_twice_is_named_in_any_document():
    with pytest.raises(ValueError, match="b: twice in one mapping, line 4"):
        documents("a: 1\n---\nb: 1\nb: 2\n")
    assert documents("---\na: 1\n---\n---\nb: {c: 1}\n") == [{"a": 1}, {"b": {"c": 1}}]
