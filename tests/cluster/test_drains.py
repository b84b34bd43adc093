"""Which changes drain nodes: the cases of the Machine Config Operator's ``pkg/daemon/drain_test.go`` that
mirror sets can make, and what the cluster itself says.
"""

import pytest

from bootstrap.cluster.drains import Effect, forecast
from tests.cluster.test_registries_conf import icsp, idms, itms

A, B, X, Y = "a.io/one", "b.io/two", "m.io/x", "m.io/y"


def never(item):
    for each in item["spec"]["imageDigestMirrors"]:
        each["mirrorSourcePolicy"] = "NeverContactSource"
    return item


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        ([idms((A, [X]))], [idms((A, [X]))], Effect.NOTHING),
        ([icsp((A, [X]))], [idms((A, [X]))], Effect.NOTHING),
        ([idms((A, [X])), itms((A, [X]))], [idms((A, [X])), itms((A, [X]))], Effect.NOTHING),
        ([], [idms((A, [X]))], Effect.RELOAD),
        ([idms((A, [X]))], [idms((A, [X, Y]))], Effect.RELOAD),
        ([idms((A, [X, Y]))], [idms((A, [Y, X]))], Effect.RELOAD),
        ([idms((A, [X]))], [idms((A, [X])), idms((B, [X]))], Effect.RELOAD),
        ([], [itms((A, [X]))], Effect.DRAIN),
        ([], [idms((A, [X])), itms((A, [X]))], Effect.DRAIN),
        ([idms((A, [X]))], [], Effect.DRAIN),
        ([idms((A, [X, Y]))], [idms((A, [X]))], Effect.DRAIN),
        ([idms((A, [X]))], [idms((A, [Y]))], Effect.DRAIN),
        ([idms((A, [X]))], [idms((A, [X])), itms((A, [Y]))], Effect.DRAIN),
        ([idms((A, [X]))], [idms((A, [X])), itms((A, [X]))], Effect.DRAIN),
        ([itms((A, [X]))], [idms((A, [X]))], Effect.RELOAD),  # from tags to digests only
        ([itms((A, [X]))], [itms((A, [X, Y]))], Effect.DRAIN),
        ([idms((A, [X]))], [never(idms((A, [X])))], Effect.DRAIN),
        # upstream looks up by location alone and sees the one for digests first
        ([idms((A, [X])), itms((A, [X]))], [idms((A, [X]))], Effect.RELOAD),
        ([idms((A, [X])), itms((A, [X]))], [idms((A, [X, Y])), itms((A, [X]))], Effect.DRAIN),
    ],
)
def test_the_rule(before, after, effect):
    found = forecast(before, after)
    assert found.effect == effect
    assert bool(found.reasons) == (effect == Effect.DRAIN)


def test_reasons_name_the_entry_and_the_mirror():
    found = forecast([idms((A, [X]))], [idms((A, [Y])), itms((B, [X]))])
    assert found.reasons == (f"{A} loses its mirror {X}", f"{B} is new, and not for digests only")


def test_without_a_cluster_it_says_what_it_assumes():
    found = forecast([], [idms((A, [X]))])
    assert found.pools == ("master", "worker")
    assert len(found.assumptions) == 3


def version(text):
    return {"kind": "ClusterVersion", "status": {"desired": {"version": text}}}


def topology(text):
    return {"kind": "Infrastructure", "status": {"controlPlaneTopology": text}}


def policy(path, *actions):
    files = [{"path": path, "actions": [{"type": each} for each in actions]}]
    status = {"nodeDisruptionPolicyStatus": {"clusterPolicies": {"files": files}}}
    return {"kind": "MachineConfiguration", "status": status}


OVERRIDE = {"kind": "ConfigMap", "metadata": {"name": "image-registry-override-drain"}}
CONF = "/etc/containers/registries.conf"


@pytest.mark.parametrize(
    ("said", "effect"),
    [
        ([version("4.20.9"), topology("HighlyAvailable"), policy(CONF, "Special")], Effect.DRAIN),
        ([topology("SingleReplica")], Effect.RELOAD),
        ([policy(CONF, "Reboot")], Effect.REBOOT),
        ([policy(CONF, "Reload")], Effect.RELOAD),
        ([policy("/etc/containers", "None")], Effect.RELOAD),
        ([policy("/etc/containers/registries.d", "Reboot")], Effect.DRAIN),  # another path
        ([version("4.12.3")], Effect.DRAIN),
        ([OVERRIDE, version("4.19.3")], Effect.RELOAD),
        ([OVERRIDE, version("4.20.3")], Effect.DRAIN),  # it is gone there
        ([version("6.0.0")], Effect.DRAIN),
    ],
)
def test_what_the_cluster_says_decides_about_a_change_that_would_drain(said, effect):
    assert forecast(said, [itms((A, [X]))]).effect == effect


@pytest.mark.parametrize("text", ["4.12.3", "5.2.0", ""])
def test_a_version_for_which_the_rule_was_not_read_may_drain(text):
    found = forecast([version(text)], [idms((A, [X]))])
    assert found.effect == Effect.MAY_DRAIN
    assert "the rule was not read" in " ".join(found.assumptions)


def test_a_cluster_that_tells_everything_leaves_nothing_to_assume():
    said = [version("4.20.9"), topology("HighlyAvailable"), policy(CONF, "Special")]
    pools = [
        {"kind": "MachineConfigPool", "metadata": {"name": "worker"}},
        {"kind": "MachineConfigPool", "metadata": {"name": "infra"}, "spec": {"paused": True}},
    ]
    found = forecast([*said, *pools], [itms((A, [X]))])
    assert found.assumptions == ()
    assert found.pools == ("infra (paused: when it goes on)", "worker")
