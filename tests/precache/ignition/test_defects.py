"""Defects by name: each is found where it is, and in no Ignition that is well."""

import json
import re
from pathlib import Path

import pytest

from bootstrap.precache.ignition.check import defects
from bootstrap.precache.ignition.config import compact, data_url
from bootstrap.precache.ignition.correct import correct, read_overrides
from bootstrap.precache.ignition.defect import RULES, found
from bootstrap.precache.ignition.overrides import config_of, overrides
from bootstrap.precache.ignition.rules_config import right_mode
from bootstrap.precache.ignition.shape import SHAPE
from bootstrap.precache.ignition.stages import DISCOVERY, INSTALL, unit_of
from tests.cluster.crds import CRDS, needs_crds
from tests.cluster.seed_blocks import needs_seeds
from tests.precache.ignition.samples import needs_ignition, seed_overrides, validate

UNIT = "[Service]\nType=oneshot\n[Install]\nWantedBy=multi-user.target\n"
_BOTH_STAGES = {
    *("mode", "lines", "mount-bound", "no-time-limit", "every-boot", "exit-0", "last-line", "shared-input"),
    *("rm-archive", "stale-name", "unpacks-on-disk", "two-directories", "colon-name", "counts", "unverified"),
}
SEED_RULES = {
    "discovery": _BOTH_STAGES | {"wanted-twice", "agent-fix", "agent-fix-name", "agent-fix-inverted"},
    "install": _BOTH_STAGES,
}


def config(**sections):
    return {"ignition": {"version": "3.2.0"}, **sections}


def files(*each):
    return config(storage={"files": list(each)})


def file(**keys):
    return files({"path": "/etc/a", **keys})


def unit(**keys):
    return config(systemd={"units": [{"name": "a.service", **keys}]})


def holding(**contents):
    return file(contents=contents)


def script(text, path="/usr/local/bin/extract-ai.sh"):
    return file(path=path, contents={"source": data_url(text)})


CASES = [
    ("version", "ignition.version", {"ignition": {"version": "3.0.0"}}),
    ("version", "ignition.version", {"ignition": {"version": "3.4.0"}}),
    ("version-needs", "ignition.version", {"ignition": {"version": "2.2.0"}}),
    ("version-needs", "ignition.version", {"ignition": {"version": "3.3.0"}, "kernelArguments": {}}),
    ("missing", "ignition", {}),
    ("unknown-key", "storage.file", config(storage={"file": []})),
    ("unknown-key", "storage.luks", {"ignition": {"version": "3.1.0"}, "storage": {"luks": []}}),
    ("wrong-type", "systemd.units", config(systemd={"units": {}})),
    ("wrong-type", "systemd.units[0]", config(systemd={"units": [None]})),
    ("wrong-type", "systemd.units[0].name", unit(name=["a"])),
    ("wrong-type", "storage.files[0].path", file(path={})),
    ("wrong-type", "storage.files[0].overwrite", file(overwrite="true")),
    ("wrong-type", "storage.files[0].mode", file(mode=True)),
    ("mode", "storage.files[0].mode", file(mode="0755")),
    ("mode", "storage.files[0].mode", file(mode=644)),
    ("mode", "storage.directories[0].mode", config(storage={"directories": [{"path": "/d", "mode": 755}]})),
    ("path", "storage.files[0].path", file(path="etc/a")),
    ("path", "storage.files[1].path", files({"path": "/etc/a"}, {"path": "/etc/a"})),
    ("missing", "storage.files[0].path", files({})),
    ("source", "storage.files[0].contents.source", holding(source="data:;base64,%%")),
    ("source", "storage.files[0].contents.source", holding(source="ftp://a/b")),
    ("source", "storage.files[0].contents.source", holding(source="data:,a", compression="gzip")),
    ("overwrite", "storage.files[0].overwrite", file(overwrite=True)),
    ("hash", "storage.files[0].contents.verification.hash", holding(verification={"hash": "sha256-1"})),
    ("compression", "storage.files[0].contents.compression", holding(source="data:,a", compression="xz")),
    ("unit-name", "systemd.units[0].name", unit(name="a.services")),
    ("unit-name", "systemd.units[1].name", config(systemd={"units": [{"name": "a.path"}] * 2})),
    ("never-enabled", "systemd.units[0].enabled", unit(enabled=True, contents="[Service]\n")),
    ("label", "systemd.units", unit(name="precache-images.service", contents="ExecStart=x --label a/b\n")),
    ("unit-misnamed", "systemd.units[0].name", unit(name="precache-ocp.service", contents=UNIT)),
    ("not-before", "systemd.units[0].contents", unit(name="precache-images.service", contents=UNIT)),
    ("every-boot", "systemd.units[0].contents", unit(name="precache-images.service", contents=UNIT)),
    ("no-time-limit", "systemd.units[0].contents",
     unit(name="precache-images.service", contents="Type=oneshot\nTimeoutStartSec=infinity\n")),
    ("other-unit", "systemd.units[0]",
     unit(name="precache-images.service", contents=unit_of(DISCOVERY).replace("20min", "30min"))),
    ("other-script", "storage.files[0].contents", script("#!/bin/bash\ntrue\n")),
    ("colon-name", "storage.files[0].contents:2", script('#\nname=$(basename "${uri/:/_}")\n')),
    ("retry-last", "storage.files[0].contents:1", script('  copy_image "${a}" "${uri}" "${tag}"\n')),
    ("no-jobs", "storage.files[0].contents:1", script('JOB_POOL_SIZE=$(jq -n "$C*$M" | cut -d . -f1)\n')),
    ("no-limit", "storage.files[0].contents:1", script("job_count=$(jobs | wc -l)\n")),
    ("rm-disk", "storage.files[0].contents:1", script('rm -rf "${DATADIR}"\n')),
    ("grep-name", "storage.files[0].contents:1", script('tag=$(grep "^${uri}=" "$M")\n')),
    ("needs-programs", "storage.files[0].contents:1", script("tar -I pigz -C /a -xf b\n")),
]  # fmt: skip
TEXTS = [
    ("not-json", "it", "ignition: {}"),
    ("not-json", "it", "[1]"),
    ("not-json", "it", '{"ignition":{"version":NaN}}'),
    ("key-twice", "version", '{"ignition":{"version":"3.1.0","version":"3.2.0"}}'),
    ("apostrophe", "line 1", json.dumps(file(contents={"source": "data:,it's"}))),
    ("lines", "it", json.dumps(config(), indent=1)),
    (
        "size",
        "it",
        compact(files(*config_of(INSTALL, "data")["storage"]["files"], {"path": "/" + "x" * 250_000})),
    ),
]


@pytest.mark.parametrize(
    ("rule", "where", "text"), [*((rule, where, json.dumps(each)) for rule, where, each in CASES), *TEXTS]
)
def test_a_defect_has_its_name_its_place_and_its_fix(rule, where, text):
    found = [each for each in defects(text) if (each.rule, each.where) == (rule, where)]
    assert len(found) == 1, defects(text)
    assert found[0].fix == RULES[rule]
    left = {each.rule for each in defects(correct(text))}
    assert (rule not in left) == found[0].is_corrected


def test_every_rule_has_its_case():
    seeds = set().union(*SEED_RULES.values())
    assert {rule for rule, _, _ in (*CASES, *TEXTS)} | seeds | {"partition-lost"} == set(RULES)


@pytest.mark.parametrize(
    ("args", "what"),
    [
        (None, "they keep no partition: the installation takes edge away"),
        ("installerArgs: '[\"--copy-network\"]'", "they keep no partition"),
        (
            'installerArgs: \'["--save-partlabel","data"]\'',
            "they keep data alone: the installation takes edge",
        ),
        ('installerArgs: \'["--save-partlabel","data","--save-partlabel","edge"]\'', ""),
        ("installerArgs: [--save-partlabel, ed*]", ""),
        ("<<: {installerArgs: [--save-partlabel, edge]}", ""),
        ("installerArgs: '[\"--save-partlabel=edge\"]'", ""),
    ],
)
def test_a_node_that_does_not_keep_its_partition_is_told(args, what):
    site = overrides("edge")
    nodes = f"nodes:\n- hostName: a\n  ignitionConfigOverride: '{site.install}'\n  {args or '# none'}\n"
    first, second = read_overrides(f"ignitionConfigOverride: '{site.discovery}'\n{nodes}", "it").overrides
    assert first.defects == ()
    assert [(each.rule, each.is_corrected) for each in second.defects] == [("partition-lost", False)] * bool(
        what
    )
    assert second.left == second.defects
    assert what in "".join(each.what for each in second.defects)


@needs_seeds
@needs_ignition
@pytest.mark.parametrize("kind", ["ClusterInstance", "SiteConfig"])
def test_row_b1_every_defect_of_the_documents_is_named_and_corrected(kind, tmp_path):
    for text, stage in zip(seed_overrides(kind), (DISCOVERY, INSTALL), strict=True):
        assert "invalid mode" in validate(text, tmp_path) or "mode" in validate(text, tmp_path)
        found = defects(text)
        assert {each.rule for each in found} == SEED_RULES[stage.name]
        assert len([each for each in found if each.rule == "mode"]) == text.count('"mode": 755')
        corrected = correct(text)
        assert defects(corrected) == ()
        assert validate(corrected, tmp_path) == ""
        assert json.loads(corrected)["systemd"] == config_of(stage, "data")["systemd"]


def test_what_is_ours_has_no_defect_and_is_not_corrected():
    ours = overrides("edge")
    for text in (ours.discovery, ours.install):
        assert defects(text) == ()
        assert correct(text) == text


def test_what_is_not_ours_is_left_to_its_owner():
    theirs = unit(
        enabled=True,
        contents="[Service]\nType=oneshot\nExecStart=/usr/bin/tar -xf a\n[Install]\nWantedBy=a.target\n",
    )
    theirs["storage"] = {
        "files": [{"path": "/usr/local/bin/b.sh", "contents": {"source": data_url("exit 0\n")}}]
    }
    assert defects(json.dumps(theirs)) == ()


def test_a_partition_keeps_its_name_unless_another_is_wanted():
    mount = {
        "name": "var-mnt.mount",
        "contents": "[Mount]\nWhat=/dev/disk/by-partlabel/edge\nBindsTo=precache-images.service\n",
    }
    text = json.dumps(
        config(systemd={"units": [mount, {"name": "precache-images.service", "contents": UNIT}]})
    )
    assert " ai edge\\n" in correct(text)
    assert " ai other\\n" in correct(text, label="other")
    telco = unit(
        name="precache-ocp-images.service",
        contents="ExecStart=bash /usr/local/bin/extract-ocp.sh --label data2\n",
    )
    assert " ocp data2\\n" in correct(json.dumps(telco))


@pytest.mark.parametrize(
    ("mode", "meant"),
    [(755, 0o755), (644, 0o644), (600, 0o600), (400, 0o400), (440, 0o440), (700, 0o700), (750, 0o750),
     (555, 0o555), ("0755", 0o755), ("644", 0o644), ("0o600", 0o600),
     (493, None), (420, None), (384, None), (256, None), (365, None), (292, None), (448, None), (511, None),
     (None, None), (True, None), ("rwx", None), (-755, None), (1755, None), (0, None)],
)  # fmt: skip
def test_a_mode_in_octal_digits_is_told_from_a_decimal_one(mode, meant):
    assert right_mode(mode) == meant


@needs_crds
def test_the_keys_are_those_of_the_schema():
    schema = json.loads((CRDS / "ignition-schema-v3_2.json").read_text())

    def shape_of(node):
        while "$ref" in node:
            node = _at(schema, node["$ref"])
        if "allOf" in node:
            parts = [shape_of(each) for each in node["allOf"]]
            return {key: value for part in parts for key, value in part.items()}
        if "properties" in node:
            required = node.get("required", ())
            return {
                f"{key}{'!' * (key in required)}": shape_of(each) for key, each in node["properties"].items()
            }
        if "items" in node:
            return [shape_of(node["items"])]
        types = [node["type"]] if isinstance(node["type"], str) else node["type"]
        return {"string": str, "integer": int, "boolean": bool}[types[0]]

    assert shape_of(schema) == SHAPE


def _at(schema, reference):
    for key in reference.removeprefix("#/").split("/"):
        schema = schema[key]
    return schema


def test_the_page_has_every_rule():
    page = (Path(__file__).parents[3] / "docs" / "precache-ignition.md").read_text()
    rows = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| (yes|no) \|$", page, re.MULTILINE)
    assert rows == [(rule, "yes" if found(rule, "", "").is_corrected else "no") for rule in RULES]


# Those that are Ignition's own: what assisted-service, templates and nodes add is not in its validator.
_ITS_OWN = {"missing", "unknown-key", "wrong-type", "mode", "path", "source", "overwrite", "hash"} | {
    *("compression", "unit-name", "never-enabled"),
}


@needs_ignition
@pytest.mark.parametrize(
    ("rule", "where", "config"), [case for case in CASES if case[0] in _ITS_OWN and "gzip" not in str(case)]
)
def test_ignition_has_something_against_it_too(rule, where, config, tmp_path):
    assert validate(json.dumps(config), tmp_path) != ""
