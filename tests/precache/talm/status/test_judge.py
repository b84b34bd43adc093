"""Go or not: every state, both generations of conditions, parts, thresholds: row J3."""

import json

import pytest

from bootstrap.errors import ConfigError, ExitCode
from bootstrap.precache.talm.status.group import parse_groups
from bootstrap.precache.talm.status.judge import judge
from bootstrap.precache.talm.status.overview import overview
from bootstrap.precache.talm.status.states import State
from bootstrap.precache.talm.status.threshold import Threshold
from tests.precache.talm.status.fixtures import FINAL, GENERATIONS, NOW, cgu, condition, newer, older

OK, FAILED, WRONG, UNFINISHED = ExitCode.OK, ExitCode.HOST, ExitCode.CONFIG, ExitCode.UNFINISHED
PATCH = (
    "oc -n ztp patch clustergroupupgrades.ran.openshift.io/du --type=merge -p "
    """'{"spec":{"enable":true}}'"""
)


def judged(item, threshold=None, now=NOW):
    (group,) = parse_groups(json.dumps(item), "it")
    return judge(group, now, Threshold.parse(threshold) if threshold else None)


def said(found):
    return " ".join(f"{problem.what} {problem.why} {problem.fix}" for problem in found.problems)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("state", State)
def test_row_j3_each_state_has_its_outcome_and_only_succeeded_is_a_go(state, generation):
    states = {"a": state.value}
    found = judged(cgu(states, GENERATIONS[generation](states)))
    assert (found.patch is not None) == (state is State.SUCCEEDED) == found.go
    code = OK if state is State.SUCCEEDED else FAILED if state in FINAL else UNFINISHED
    assert found.exit_code == code
    assert found.clusters[0].state is state
    assert bool(found.problems) == (code == FAILED)


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("other", [state for state in State if state is not State.SUCCEEDED])
def test_row_j3_one_cluster_that_has_not_succeeded_keeps_all_from_going(other, generation):
    states = {"a": "Succeeded", "b": other.value, "c": "Succeeded"}
    found = judged(cgu(states, GENERATIONS[generation](states)))
    assert (found.go, found.patch) == (False, None)
    assert found.exit_code in (FAILED, UNFINISHED)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_row_j3_when_all_have_succeeded_the_patch_is_told(generation):
    states = {"a": "Succeeded", "b": "Succeeded"}
    found = judged(cgu(states, GENERATIONS[generation](states)))
    assert (found.go, found.patch, found.left_out, found.exit_code) == (True, PATCH, (), OK)


def test_row_j3_succeeded_clusters_without_talms_own_word_are_no_go_yet():
    states = {"a": "Succeeded"}
    waiting = [condition("PrecachingSuceeded", "False", "InProgress")]
    for conditions in (waiting, []):
        found = judged(cgu(states, conditions))
        assert (found.go, found.exit_code) == (False, UNFINISHED)
        assert "PrecachingSuceeded is not True yet" in found.notes[0]


def test_row_j3_partially_done_is_true_and_no_go():
    states = {"a": "Succeeded", "b": "PrecacheTimeout", "c": "UnrecoverableError"}
    conditions = newer(states)
    assert (conditions[-1]["status"], conditions[-1]["reason"]) == ("True", "PartiallyDone")
    found = judged(cgu(states, conditions, remediationStrategy={"maxConcurrency": 1, "timeout": 90}))
    assert (found.go, found.exit_code) == (False, FAILED)
    errors, timeouts = found.problems
    assert "failed on 1 cluster" in errors.what
    assert "c: UnrecoverableError" in errors.why
    assert "oc -n openshift-talo-pre-cache logs job/pre-cache" in errors.fix
    assert "35 GiB" in errors.fix
    assert "did not end in time" in timeouts.what
    assert "spec.remediationStrategy.timeout (minutes, now 90)" in timeouts.fix
    for problem in (errors, timeouts):
        assert "PrecachingSuceeded is True all the same (PartiallyDone)" in problem.why
        assert "delete the ClusterGroupUpgrade and create it again, with enable: false" in problem.fix
        assert "--threshold 1" in problem.fix


def test_row_j3_all_failed_is_told_without_a_way_to_go_on():
    states = {"a": "PrecacheTimeout", "b": "PrecacheTimeout"}
    found = judged(cgu(states))
    assert found.exit_code == FAILED
    assert "2 clusters" in found.problems[0].what
    assert "--threshold" not in said(found)


def test_row_j3_a_cluster_that_is_missing_from_the_map_has_not_started():
    found = judged(cgu({"a": "Succeeded"}, newer({"a": "Active"}), clusters=["b", "a"]))
    assert [(each.name, each.state) for each in found.clusters] == [
        ("b", State.NOT_STARTED),
        ("a", State.SUCCEEDED),
    ]
    assert (found.go, found.exit_code) == (False, UNFINISHED)


def test_a_cluster_that_came_after_pre_caching_was_over_is_told_and_no_go():
    states = {"a": "Succeeded"}
    found = judged(cgu(states, clusters=["a", "late"], plan=[["a", "late"]]))
    assert (found.go, found.exit_code) == (False, FAILED)
    assert "never begun on 1 cluster" in found.problems[0].what
    assert "late" in found.problems[0].why


def test_a_cluster_that_complies_already_needs_none_of_it():
    found = judged(cgu({"a": "Succeeded"}, clusters=["a", "fine"], plan=[["a"]]))
    assert (found.go, found.counts["unneeded"], found.left_out) == (True, 1, ())
    assert "fine" in found.notes[0]


def test_a_group_whose_clusters_all_comply_is_done_and_there_is_nothing_to_enable():
    ended = condition("Succeeded", "True", "Completed", "All clusters already compliant")
    found = judged(cgu(None, [ended]))
    assert (found.go, found.patch, found.exit_code) == (False, None, OK)


def test_clusters_that_selectors_found_count_too():
    item = cgu({"b": "Active"}, plan=[["b", "c"]])
    del item["spec"]["clusters"]
    assert [each.name for each in judged(item).clusters] == ["b", "c"]


def test_a_group_that_talm_has_not_looked_at_is_on_its_way():
    assert judged(cgu()).exit_code == UNFINISHED
    item = cgu(clusterLabelSelectors=[{"matchLabels": {"group": "du"}}], clusters=[])
    assert (judged(item).clusters, judged(item).exit_code) == ((), UNFINISHED)


@pytest.mark.parametrize(
    ("threshold", "go"),
    [("1", True), ("2", True), ("3", False), ("66%", True), ("67%", False), ("100%", False)],
)
def test_row_j3_a_threshold_that_is_met_goes_and_names_who_is_left_out(threshold, go):
    found = judged(cgu({"a": "Succeeded", "b": "PrecacheTimeout", "c": "Succeeded"}), threshold)
    assert found.go == go
    assert found.exit_code == (OK if go else FAILED)
    assert found.patch == (PATCH if go else None)
    assert found.left_out == (("b",) if go else ())
    assert bool(found.problems) == (not go)
    assert any("left out: b: TALM leaves them as they are" in note for note in found.notes) == go


def test_a_threshold_that_is_met_while_others_are_on_their_way_tells_what_becomes_of_them():
    found = judged(cgu({"a": "Succeeded", "b": "Active"}), "50%")
    assert (found.go, found.left_out) == (True, ("b",))
    assert "on their way still: b: TALM begins when they are through" in found.notes[0]


def test_a_threshold_that_can_never_be_met_is_an_error():
    found = judged(cgu({"a": "Succeeded"}), "2")
    assert (found.go, found.exit_code) == (False, WRONG)
    assert "2 clusters are asked for, and it has 1" in found.problems[0].why


@pytest.mark.parametrize("text", ["0", "0%", "101%", "-1", "half", "", "1.5", "9 %"])
def test_a_threshold_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match="threshold"):
        Threshold.parse(text)


def test_talm_of_the_older_conditions_never_updates_a_part():
    states = {"a": "Succeeded", "b": "PrecacheTimeout"}
    found = judged(cgu(states, older(states)), "1")
    assert (found.go, found.patch, found.exit_code) == (False, None, FAILED)
    assert "never updates any cluster of a group unless all have Succeeded" in found.problems[0].why
    assert "--threshold" not in found.problems[0].fix


def test_where_an_update_of_talm_left_both_kinds_of_conditions_the_newer_counts():
    states = {"a": "Succeeded", "b": "PrecacheTimeout"}
    found = judged(cgu(states, [*older(states), *newer(states)]), "1")
    assert (found.conditions, found.go) == ("PrecachingSuceeded", True)


def test_row_j3_what_is_enabled_already_is_told_and_no_patch():
    states = {"a": "Succeeded"}
    found = judged(cgu(states, enable=True))
    assert (found.go, found.patch, found.exit_code) == (True, None, OK)
    assert "it is enabled already: clusters that have Succeeded are being updated" in found.notes
    on_its_way = judged(cgu({"a": "Active"}, enable=True))
    assert "begins by itself when pre-caching is over" in on_its_way.notes[0]
    ended = condition("Succeeded", "True", "Completed", "All clusters are compliant")
    assert "it has ended: Completed" in judged(cgu(states, newer(states, ended), enable=True)).notes[0]


def test_row_j3_a_specification_that_is_incomplete_says_what_it_lacks():
    for message, fix in (
        ("inconsistent precaching configuration: olm index provided, but no packages", "Subscription"),
        (
            "inconsistent precaching configuration: no software spec provided",
            "desiredUpdate.image, by digest",
        ),
        ("failed to get PreCachingConfig resource due to not found", "spec.preCachingConfigRef"),
    ):
        told = f"Precaching spec is incomplete: {message}"
        refused = condition("PrecacheSpecValid", "False", "PrecacheSpecIncomplete", told)
        found = judged(cgu({}, [refused], clusters=["a"]))
        assert found.exit_code == WRONG
        (problem,) = found.problems
        assert message in problem.why
        assert fix in problem.fix
        assert "looks again by itself" in problem.fix


@pytest.mark.parametrize(
    ("kind", "reason", "fix"),
    [
        ("ClustersSelected", "ClusterNotFound", "ManagedCluster"),
        ("Validated", "InvalidPlatformImage", "by its digest, or its spec.upstream"),
        ("Validated", "NotAllManagedPoliciesExist", "spec.managedPolicies"),
    ],
)
def test_what_talm_refuses_before_pre_caching_is_a_problem(kind, reason, fix):
    found = judged(cgu(None, [condition(kind, "False", reason, "no")]))
    assert (found.go, found.exit_code) == (False, WRONG)
    assert fix in found.problems[0].fix


@pytest.mark.parametrize(
    "image", ["image.example.io", "quay.io/ocp/release:4.20.9", "quay.io/ocp/release@sha256:5"]
)
def test_t4_a_release_without_a_digest_is_named_and_no_go(image):
    found = judged(cgu({"a": "Succeeded"}, image=image))
    assert (found.go, found.exit_code) == (False, WRONG)
    assert f"platformImage is {image}" in found.problems[0].why
    assert judged(cgu({"a": "Succeeded"}, image="")).go  # operators alone


def test_what_goes_on_for_longer_than_its_job_may_is_stuck():
    states = {"a": "Active", "b": "Succeeded"}
    assert judged(cgu(states, newer(states, minutes=269))).exit_code == UNFINISHED
    found = judged(cgu(states, newer(states, minutes=271)))
    assert found.exit_code == FAILED
    assert "goes on for longer than it may on 1 cluster" in found.problems[0].what
    assert "oc get managedcluster" in found.problems[0].fix


def test_a_time_that_means_for_ever_is_no_reason_to_fail():
    states = {"a": "Active", "b": "Succeeded"}
    strategy = {"maxConcurrency": 1, "timeout": 10**18}
    item = cgu(states, newer(states, minutes=10**6), remediationStrategy=strategy)
    assert judged(item).exit_code == UNFINISHED


def test_of_many_clusters_a_problem_names_the_first():
    states = {f"c{number:02}": "PrecacheTimeout" for number in range(30)}
    assert "c09 and 20 more" in judged(cgu(states)).problems[0].why


def test_a_status_alone_has_a_patch_to_complete():
    found = judged(cgu({"a": "Succeeded"})["status"])
    assert found.enabled is None
    assert found.patch == PATCH.replace("ztp", "NAMESPACE").replace("/du", "/NAME")


def all_of(*items):
    return overview(parse_groups(json.dumps({"kind": "List", "items": list(items)}), "it"), NOW)


def test_the_exit_code_of_several_is_that_of_the_worst():
    good, moving = cgu({"a": "Succeeded"}), cgu({"a": "Active"}, name="moving")
    failed = cgu({"a": "PrecacheTimeout"}, name="failed")
    wrong = cgu({"a": "Active"}, image="image.example.io", name="wrong")
    assert all_of(good).exit_code == OK
    assert all_of(good, moving).exit_code == UNFINISHED
    assert all_of(good, moving, failed).exit_code == FAILED
    assert all_of(good, moving, failed, wrong).exit_code == WRONG


def test_groups_without_pre_caching_are_left_out_and_alone_an_error():
    plain = cgu(preCaching=False, name="plain")
    found = all_of(plain, cgu({"a": "Succeeded"}))
    assert ([group.name for group in found.groups], found.skipped) == (["du"], ("ztp/plain",))
    with pytest.raises(ConfigError, match="preCaching is not true"):
        all_of(plain)
