"""The forms of mirror sets, read back by those who take them: row F3, the property."""

import dataclasses
import json
import random
import shutil

import jsonschema
import pytest

from bootstrap import process
from bootstrap.cluster.mirror_files import Form, mirror_files
from bootstrap.errors import ConfigError, HostError
from bootstrap.mirror.ledger import Ledger
from bootstrap.oci.reference import Reference
from tests.cluster import readers
from tests.cluster.crds import CRDS, needs_crds, validate
from tests.cluster.ledgers import REGISTRIES, entry, full, given

SEEDS = range(40)
NAMESPACES = ("team", "team/deep", "team/deep/er", "op", "ubi9")
NAMES = ("tool", "deep", "a", "b.c")
KINDS = ("additional", "operator", "helm", "attached", "catalog", "graph")


def load(text):
    (found,) = readers.load_all(text)
    return found


def a_ledger(seed):
    """Images whose sources and destinations overlap in every way; the same seed gives the same."""
    chance = random.Random(seed)
    digest = lambda: f"sha256:{chance.getrandbits(256):064x}"  # noqa: E731  # a line is enough
    images = []
    for _ in range(chance.randint(1, 12)):
        registry = chance.choice(("quay.io", "registry.redhat.io", "127.0.0.1:5001"))
        path = "/".join(filter(None, (chance.choice(("", *NAMESPACES)), chance.choice(NAMES))))
        kind = chance.choice(KINDS)
        by_tag = kind != "attached" and chance.random() < 0.5
        source = f"{registry}/{path}:v{chance.randint(1, 2)}" if by_tag else f"{registry}/{path}@{digest()}"
        place = path if chance.random() < 0.7 else f"elsewhere/{chance.choice(NAMES)}"
        images.append(entry(kind, source, place, tag=f"t{chance.getrandbits(40)}"))
    if chance.random() < 0.7:
        releases = f"quay.io/{chance.choice(('openshift-release-dev', 'team'))}"
        images += [
            entry("release", f"{releases}/ocp-release@{digest()}", "openshift/release-images"),
            entry("component", f"{releases}/ocp-v4.0-art-dev@{digest()}", "openshift/release"),
        ]
    return Ledger().with_images(
        [*images, entry("additional", f"quay.io/always/one@{digest()}", "always/one")]
    )


def read_back(found):
    """Return what each form comes to, by form."""
    text = dict(found.files)
    values = {name: load(each) for name, each in text.items() if name.endswith("sources.yaml")}
    hosted = load(text["hosted-cluster.yaml"])["spec"]["imageContentSources"]
    custom = load(text["custom-registries.yaml"])["data"]["registries.conf"]
    return {
        "cluster": readers.of_objects(text["idms.yaml"] + text.get("itms.yaml", "")),
        "icsp": readers.of_objects(text["icsp.yaml"]),
        "install-config": readers.of_sources(values["image-digest-sources.yaml"]["imageDigestSources"]),
        "install-config-4.13": readers.of_sources(
            values["image-content-sources.yaml"]["imageContentSources"]
        ),
        "hosted-cluster": readers.of_sources(hosted),
        "assisted": readers.of_assisted(custom),
        "discovery": readers.of_registries_conf(custom),
        "registries-conf": readers.of_registries_conf(text["registries.conf"]),
        "machine-config": readers.of_machine_configs(text["machine-config.yaml"]),
    }


KNOW_TAGS = ("cluster", "assisted", "discovery", "registries-conf", "machine-config")


@pytest.mark.parametrize("seed", SEEDS)
def test_f3_every_form_leads_every_image_to_the_same_places_in_the_same_order(seed):
    ledger = a_ledger(seed)
    forms = read_back(mirror_files(given(ledger), list(Form)))
    for image in ledger.to_json()["images"]:
        if image["kind"] in ("catalog", "graph"):  # named where they are
            continue
        source = Reference.parse(image["source"])
        expected = readers.places(forms["cluster"], source.name, "digest")
        at = [expected.index(f"{registry}/{image['destination']}") for registry in REGISTRIES]
        assert at == sorted(at), "the preferred registry is asked first"
        assert expected[-1] == source.name
        for form, conf in forms.items():
            assert readers.places(conf, source.name, "digest") == expected, (form, image["source"])
        if source.tag is not None:
            expected = readers.places(forms["cluster"], source.name, "tag")
            assert {f"{registry}/{image['destination']}" for registry in REGISTRIES} < set(expected)
            for form in KNOW_TAGS:
                assert readers.places(forms[form], source.name, "tag") == expected, (form, image["source"])


def test_the_property_notices_a_mirror_less_and_another_order():
    forms = read_back(mirror_files(given(full()), list(Form)))
    name = "registry.redhat.io/ubi9/ubi-micro"
    right = readers.places(forms["cluster"], name, "digest")
    entry_of = forms["icsp"]["registry.redhat.io/ubi9"]["digest"]
    entry_of.reverse()
    assert readers.places(forms["icsp"], name, "digest") != right
    entry_of.pop()
    assert readers.places(forms["icsp"], name, "digest") != right


@pytest.mark.parametrize(
    "text",
    [
        '[[registry]]\nlocation = "a.io/b"\n',
        '[[registry]]\nprefix = "a.io/b"\n[[registry.mirror]]\nlocation = "m.io/b"\n',
        '[[registry]]\nlocation = "a.io/b"\n[[registry.mirror]]\nlocation = "m"\npull-from-mirror = "all"\n',
        '[[registry]]\nlocation = "a.io"\n[[registry.mirror]]\nlocation = "m.io"\n',
    ],
)
def test_the_reader_of_assisted_service_notices_what_it_would_drop(text):
    with pytest.raises(AssertionError):
        readers.of_assisted(text)


def test_what_may_never_go_to_its_source_does_not_in_any_form_that_can_say_so():
    can = [Form.CLUSTER, Form.INSTALL_CONFIG, Form.REGISTRIES_CONF, Form.MACHINE_CONFIG]
    text = mirror_files(given(), can, blocked=True).files
    confs = [
        readers.of_objects(text["idms.yaml"] + text["itms.yaml"]),
        readers.of_sources(load(text["image-digest-sources.yaml"])["imageDigestSources"]),
        readers.of_registries_conf(text["registries.conf"]),
        readers.of_machine_configs(text["machine-config.yaml"]),
    ]
    for conf in confs:
        assert all(each["blocked"] for each in conf.values())
        assert readers.places(conf, "registry.redhat.io/ubi9/ubi-micro", "digest") == [
            f"{registry}/ubi9/ubi-micro" for registry in REGISTRIES
        ]


def test_a_form_that_cannot_say_so_is_refused_by_name():
    with pytest.raises(ConfigError, match="icsp, hosted-cluster with --never-contact-source"):
        mirror_files(given(), [Form.HOSTED_CLUSTER, Form.CLUSTER, Form.ICSP], blocked=True)


def test_nothing_mirrored_is_told():
    with pytest.raises(HostError, match="nothing"):
        mirror_files(given(Ledger()), [Form.CLUSTER])


def test_the_same_ledger_gives_the_same_bytes_whatever_the_order_of_its_images_and_of_the_forms():
    ledger = full().to_json()
    turned = {**ledger, "images": ledger["images"][::-1]}
    one = mirror_files(given(), list(Form))
    other = mirror_files(dataclasses.replace(given(), ledger=turned), [*Form][::-1])
    assert list(one.files.items()) == list(other.files.items())


@needs_crds
def test_f2_the_real_crds_accept_every_object_of_every_form():
    found = mirror_files(given(), list(Form)).files
    for blocked in (False, True):
        found = mirror_files(given(), [Form.CLUSTER], blocked=blocked).files | found
        for name in ("idms.yaml", "itms.yaml", "icsp.yaml"):
            items = list(readers.load_all(found[name]))
            assert items
            for item in items:
                validate(item)


@needs_crds
def test_the_file_of_a_machine_config_is_what_ignition_3_2_takes():
    schema = json.loads((CRDS / "ignition-schema-v3_2.json").read_text())
    items = readers.load_all(mirror_files(given(), [Form.MACHINE_CONFIG]).files["machine-config.yaml"])
    roles = [item["metadata"]["labels"]["machineconfiguration.openshift.io/role"] for item in items]
    assert roles == ["master", "worker"]
    for item in items:
        assert item["spec"]["config"]["ignition"]["version"] == "3.2.0"
        jsonschema.validate(item["spec"]["config"], schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"ignition": {"version": "3.2.0"}, "storage": {"files": [{"mode": 420}]}}, schema)


@pytest.mark.skipif(shutil.which("podman") is None, reason="podman is not installed")
@pytest.mark.parametrize("blocked", [False, True])
def test_f3_podman_itself_reads_registries_conf(tmp_path, blocked):
    file = tmp_path / "registries.conf"
    file.write_text(mirror_files(given(), [Form.REGISTRIES_CONF], blocked=blocked).files["registries.conf"])
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/g"\nrunroot = "{tmp_path}/r"\n'
    )
    done = process.run(
        ["podman", "info", "--format", "{{json .Registries}}"],
        env={
            "PATH": "/usr/bin:/bin",
            "CONTAINERS_REGISTRIES_CONF": str(file),
            "CONTAINERS_STORAGE_CONF": str(tmp_path / "storage.conf"),
        },
    )
    known = json.loads(done.stdout)
    ours = readers.of_registries_conf(file.read_text())
    assert set(known) == set(ours)
    for scope, table in known.items():
        assert table["Blocked"] == blocked
        for by in ("digest", "tag"):
            found = [each["Location"] for each in table["Mirrors"] if each["PullFromMirror"] == f"{by}-only"]
            assert found == ours[scope][by]
