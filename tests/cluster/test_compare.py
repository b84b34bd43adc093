"""What changes for a cluster, object by object."""

import copy

import pytest

from bootstrap.cluster.ask import ask_cluster
from bootstrap.cluster.compare import compare
from bootstrap.cluster.drains import Effect
from bootstrap.cluster.read import parse_objects, read_objects
from bootstrap.cluster.rendered import render
from bootstrap.errors import ConfigError, HostError
from bootstrap.process import Completed
from tests.cluster.ledgers import REGISTRIES, catalog_source, entry, full


def objects(ledger):
    return render(ledger.to_json(), REGISTRIES).objects


def live(item, **fields):
    """Return ``item`` as a cluster has it."""
    found = copy.deepcopy(dict(item))
    found["metadata"] = {**found["metadata"], "uid": "1", "resourceVersion": "2", "annotations": {"x": "y"}}
    found["status"] = {}
    for path, value in fields.items():
        found["spec"][path] = value
    return found


def changes(found):
    return {(each.kind, each.name): each.change for each in found.objects if each.change != "unchanged"}


def test_nothing_changed():
    found = compare(objects(full()), objects(full()))
    assert not found.is_different
    assert found.nodes.effect == Effect.NOTHING


def test_an_entry_more_is_told_with_its_mirrors():
    later = full().with_images([entry("additional", "quay.io/new/one:1", "new/one")])
    found = compare(objects(full()), objects(later))
    assert changes(found) == {
        ("ImageDigestMirrorSet", "idms-generic-0"): "changed",
        ("ImageTagMirrorSet", "itms-generic-0"): "changed",
    }
    (change,) = [each for each in found.objects if each.name == "itms-generic-0"]
    (one,) = change.entries
    assert (one.entry, one.before) == ("quay.io/new", None)
    assert one.after == [f"{registry}/new" for registry in REGISTRIES]
    assert found.nodes.effect == Effect.DRAIN
    assert found.is_gentle_without_tags


def test_what_was_given_before_and_is_not_now_is_removed():
    found = compare([*objects(full()), catalog_source("cs-old")], objects(full()))
    assert changes(found) == {("CatalogSource", "cs-old"): "removed"}


def test_a_cluster_that_has_it_all_has_nothing_to_apply_though_it_added_fields_of_its_own():
    has = [live(item) for item in objects(full()) if item["kind"] not in ("ConfigMap", "CatalogSource")]
    has += [live(item) for item in objects(full()) if item["kind"] == "ConfigMap"]
    has += [live(catalog_source(), updateStrategy={"registryPoll": {"interval": "10m"}})]
    assert not compare(has, objects(full())).is_different


def test_what_a_cluster_has_beside_ours_stays_and_counts_for_its_nodes():
    own = {
        "kind": "ImageTagMirrorSet",
        "metadata": {"name": "own", "uid": "1"},
        "spec": {"imageTagMirrors": [{"source": "own.io/a", "mirrors": ["m.io/a"]}]},
    }
    has = [*(live(item) for item in objects(full())), own]
    found = compare(has, objects(full()))
    assert changes(found) == {("ImageTagMirrorSet", "own"): "kept"}
    assert not found.is_different
    assert found.nodes.effect == Effect.NOTHING


def test_a_cluster_with_other_mirrors_is_edited_and_drains():
    has = [live(item) for item in objects(full())]
    has[0]["spec"]["imageDigestMirrors"][0]["mirrors"] = ["old.example.com:5000/openshift/release-images"]
    found = compare(has, objects(full()))
    assert changes(found) == {("ImageDigestMirrorSet", "idms-release-0"): "changed"}
    assert found.nodes.effect == Effect.DRAIN
    assert not found.is_gentle_without_tags
    assert "old.example.com:5000" in found.nodes.reasons[0]


def test_files_directories_and_lists_are_read(tmp_path):
    (tmp_path / "a.yaml").write_text("---\nkind: A\nmetadata: {name: a}\n---\n")
    (tmp_path / "b.json").write_text('{"kind": "List", "items": [{"kind": "B", "metadata": {"name": "b"}}]}')
    (tmp_path / "README.md").write_text("# no object")
    assert [item["kind"] for item in read_objects(tmp_path)] == ["A", "B"]
    assert [item["kind"] for item in read_objects(tmp_path / "a.yaml")] == ["A"]


@pytest.mark.parametrize("text", ["a: [", "kind: A", "- 1", "just text", "kind: A\nmetadata: {}"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ConfigError, match="some file"):
        parse_objects(text, "some file")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        read_objects(tmp_path / "none.yaml")


def said_by(answers):
    asked = []

    def run(argv, **_):
        asked.append(argv)
        code, out, err = answers.get(argv[4].partition(".")[0], (0, "", ""))
        return Completed(tuple(argv), code, out, err)

    return run, asked


def test_a_cluster_is_asked_only_for_reading_and_lacks_what_it_does_not_know(tmp_path):
    run, asked = said_by(
        {
            "imagedigestmirrorsets": (0, "kind: List\nitems:\n- {kind: X, metadata: {name: x}}\n", ""),
            "clustercatalogs": (1, "", 'error: the server doesn\'t have a resource type "clustercatalogs"'),
            "machineconfigpools": (1, "", "Error from server (Forbidden): no"),
        }
    )
    assert [item["kind"] for item in ask_cluster(tmp_path / "kubeconfig", run)] == ["X"]
    assert {argv[3] for argv in asked} == {"get"}
    assert all(argv[:3] == ["oc", "--kubeconfig", str(tmp_path / "kubeconfig")] for argv in asked)


def test_a_cluster_that_refuses_is_told(tmp_path):
    run, _ = said_by({"imagetagmirrorsets": (1, "", "Error from server (Forbidden): not you")})
    with pytest.raises(HostError, match="imagetagmirrorsets") as caught:
        ask_cluster(tmp_path / "kubeconfig", run)
    assert "not you" in caught.value.why
