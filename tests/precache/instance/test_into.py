"""``--into FILE``: the file is judged whole, replaced whole, and kept as it was beside it."""

import copy
import stat

import pytest
import yaml

from bootstrap.errors import ConfigError, Problems
from bootstrap.precache.instance.into import edit_file
from bootstrap.precache.instance.judge import judged
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.instance.samples import OURS, instance
from tests.precache.instance.seeds import manifest


def secrets(**data):
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "node0.edge.example.com-bmc-secret"}}
    return [{**head, **data}, {**head, "metadata": {"name": "anothers"}, "stringData": {"password": "admin"}}]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"stringData": {"username": "admin", "password": "admin"}}, "one that everybody tries first"),
        ({"data": {"username": "cm9vdA==", "password": "Y2Fsdmlu"}}, "one that everybody tries first"),
        ({"data": {"username": "cm9vdA==", "password": "calvin"}}, "it is missing, or no base64"),
    ],
)
def test_credentials_beside_it_that_everybody_tries_are_refused_and_not_repeated(tmp_path, data, said):
    path = written(tmp_path, yaml.safe_dump_all([*secrets(**data), instance(tmp_path)]))
    with pytest.raises(ConfigError, match=said) as refused:
        edit_file(path, OURS, dry_run=True, despite_defects=False)
    assert "calvin" not in str(refused.value)


def test_a_pull_secret_beside_it_is_of_the_type_that_is_taken(tmp_path):
    (secret, _) = secrets(stringData={".dockerconfigjson": "{}"})
    secret["metadata"]["name"] = "edge-pull-secret"
    path = written(tmp_path, yaml.safe_dump_all([secret, instance(tmp_path)]))
    with pytest.raises(ConfigError, match="it is of type Opaque"):
        edit_file(path, OURS, dry_run=True, despite_defects=False)
    path.write_text(
        yaml.safe_dump_all([{**secret, "type": "kubernetes.io/dockerconfigjson"}, instance(tmp_path)])
    )
    assert not edit_file(path, OURS, dry_run=True, despite_defects=False).is_changed


def test_what_cannot_be_merged_hides_no_other_defect(tmp_path):
    item = instance(tmp_path)
    item["metadata"]["namespace"] = "ztp"
    item["spec"]["nodes"][0]["installerArgs"] = "--copy-network"
    item["spec"]["ignitionConfigOverride"] = "{"
    with pytest.raises(Problems) as refused:
        edit_file(written(tmp_path, item), OURS, dry_run=False, despite_defects=True)
    told = [each.what.partition("yaml: ")[2] for each in refused.value.problems]
    assert [each.partition(":")[0].partition(" ")[0] for each in told] == [
        "spec.ignitionConfigOverride",
        "spec.nodes[0].installerArgs",
        "metadata.namespace",
    ]


def written(tmp_path, item):
    path = tmp_path / "clusterinstance.yaml"
    path.write_text(item if isinstance(item, str) else yaml.safe_dump(item))
    path.chmod(0o644)
    return path


def bare(tmp_path):
    item = copy.deepcopy(instance(tmp_path))
    for place in (item["spec"], *item["spec"]["nodes"]):
        place.pop("ignitionConfigOverride")
        place.pop("installerArgs", None)
    return item


def test_a_file_is_replaced_whole_with_what_it_was_beside_it(tmp_path):
    path = written(tmp_path, bare(tmp_path))
    before = path.read_text()
    done = edit_file(path, OURS, dry_run=False, despite_defects=False)
    assert done.is_changed
    assert done.backup.read_text() == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert done.fields == (
        "spec.ignitionConfigOverride",
        "spec.nodes[0].ignitionConfigOverride",
        "spec.nodes[0].installerArgs",
    )
    again = edit_file(path, OURS, dry_run=False, despite_defects=False)
    assert (again.is_changed, again.backup, again.diff) == (False, None, "")
    assert yaml.safe_load(path.read_text()) == instance(tmp_path)


def test_a_dry_run_writes_nothing_and_shows_what_would_change_without_contents(tmp_path):
    path = written(tmp_path, bare(tmp_path))
    before = path.read_text()
    done = edit_file(path, OURS, dry_run=True, despite_defects=False)
    assert path.read_text() == before
    assert [each.name for each in tmp_path.iterdir() if "clusterinstance" in each.name] == [path.name]
    assert '@@ spec.nodes[0].installerArgs @@\n+["--save-partlabel","data"]\n' in done.diff
    assert "bytes, sha256:" in done.diff
    assert "data:" not in done.diff


def test_a_file_with_other_defects_is_left_alone_unless_it_is_said(tmp_path):
    item = bare(tmp_path)
    item["metadata"]["namespace"] = "ztp"
    item["spec"]["nodes"][0]["bootMACAddress"] = "AA:BB:CC:DD:EE:11"
    path = written(tmp_path, item)
    before = path.read_text()
    with pytest.raises(Problems) as refused:
        edit_file(path, OURS, dry_run=False, despite_defects=False)
    assert [each.what for each in refused.value.problems] == [
        f"{path}: metadata.namespace will not do",
        f"{path}: spec.nodes[0].bootMACAddress will not do",
    ]
    assert path.read_text() == before
    done = edit_file(path, OURS, dry_run=False, despite_defects=True)
    assert done.is_changed
    assert len(done.notes) == 2


@needs_seeds
def test_the_documents_cluster_instance_is_patched_and_its_other_defects_named(tmp_path):
    path = written(tmp_path, manifest("ClusterInstance"))
    with pytest.raises(Problems):
        edit_file(path, OURS, dry_run=False, despite_defects=False)
    done = edit_file(path, OURS, dry_run=False, despite_defects=True)
    item = yaml.safe_load(path.read_text())
    assert item["spec"]["ignitionConfigOverride"] == OURS.discovery, "something of theirs is left"
    assert item["spec"]["nodes"][0]["ignitionConfigOverride"] == OURS.install
    assert not [each for each in judged(item) if "gnition" in each.path]
    assert sum("storage.files[0].mode" in each for each in done.corrected) == 2
    assert any("agent-fix-bz1964591" in each or "files[1]" in each for each in done.corrected)
    assert {each.partition(":")[0] for each in done.notes} >= {
        *("spec.sshPublicKey", "spec.clusterType", "spec.additionalNTPSources[0]"),
        *("spec.templateRefs[0].namespace", "spec.nodes[0].bootMACAddress"),
    }
