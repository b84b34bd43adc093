"""Operators by oc-mirror: what its mapping and its cluster resources say, as the real one was heard to."""

from __future__ import annotations

import pytest
import yaml

from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.oc_mirror import command
from bootstrap.mirror.engines.oc_mirror.discovering import moves
from bootstrap.store.remote import RemoteStore
from tests.fakes.images import make_image, push
from tests.fakes.registry import FakeRegistry
from tests.fakes.tools import FakeTool
from tests.mirror.engines.catalogs import CATALOG, push_catalog

PORT = 56019
OWN = f"localhost:{PORT}"
MADE_ANEW = make_image("catalog, made anew")
SUCCESS = "2026/11/21 11:10:28  [INFO]   : Success copying {} \u27a1\ufe0f {}\n"


def lines(location, digests, catalog):
    """Return ``mapping.txt`` of oc-mirror v2 at 855b64a for the catalog with its bundles."""
    bundles = [
        f"docker://quay.io/team/bundle-{name}@{digest}=docker://{location}/team/bundle-{name}:sha256-{digest.hex}"
        for name, digest in digests.items()
    ]
    cached = f"docker://quay.io/team/catalog@{catalog}=docker://{OWN}/team/catalog:v4.20"
    rebuilt = (
        f"docker://{OWN}/team/catalog:82371a1909a04c87e33996bf5de511db=docker://{location}/team/catalog:v4.20"
    )
    return "\n".join([*bundles, cached, rebuilt]) + "\n"


def resource(location):
    return yaml.safe_dump(
        {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "CatalogSource",
            "metadata": {"name": "cs-catalog-v4-20", "namespace": "openshift-marketplace"},
            "spec": {"image": f"{location}/team/catalog:v4.20", "sourceType": "grpc"},
        }
    )


@pytest.fixture
def run(site, tmp_path, monkeypatch):
    """Fills the first registry as oc-mirror would, if asked, and is a run that has it say so."""
    monkeypatch.setattr(command, "_free_port", lambda: PORT)
    tool = FakeTool(tmp_path, "oc-mirror")
    store = site.content.store
    digests = push_catalog(store)
    site.imageset(f"mirror: {{operators: [{{catalog: '{CATALOG}'}}]}}")
    site.configure(tools={"oc_mirror": str(tool.path)})
    first: FakeRegistry = site.registries[0]
    working_dir = site.state / "workspace" / "oc-mirror" / "working-dir"
    catalog = store.resolve("team/catalog", "v4.20").digest
    tool.will(files={str(working_dir / "dry-run" / "mapping.txt"): lines(first.location, digests, catalog)})

    def do(*, with_catalog, says="", code=0):
        resources = {str(working_dir / "cluster-resources" / "cs.yaml"): resource(first.location)}
        tool.will(says, code=code, files=resources)
        with first.client() as client:
            for name, digest in digests.items():
                image = make_image(("bundle", name))
                push(RemoteStore(client), f"team/bundle-{name}", image, tag=f"sha256-{digest.hex}")
            if with_catalog:
                push(RemoteStore(client), "team/catalog", MADE_ANEW, tag="v4.20")
        return site.run()

    return do


def test_a_catalog_made_anew_is_in_the_ledger_as_it_is_and_fills_the_other_registries(site, run):
    code, events = run(with_catalog=True)
    assert code == 0, [event for event in events if event["event"] == "failed"]
    ledger = site.ledger()
    (catalog,) = [each for each in ledger["images"] if each["kind"] == "catalog"]
    assert catalog["digest"] == str(MADE_ANEW.digest)
    assert catalog["source"].startswith("quay.io/team/catalog@sha256:")
    assert catalog["registries"] == [each.location for each in site.registries]
    assert [each["kind"] for each in ledger["images"]].count("operator") == 2
    assert [each["metadata"]["name"] for each in ledger["resources"]] == ["cs-catalog-v4-20"]


def test_a_catalog_that_does_not_arrive_is_named_though_the_tool_ends_with_0(run):
    code, events = run(with_catalog=False)
    assert code == ExitCode.TRANSFER
    (error,) = [event for event in events if event["event"] == "failed"]
    assert error["what"].startswith("cannot mirror quay.io/team/catalog@sha256:")


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("", ExitCode.TRANSFER),
        (SUCCESS.format("quay.io/team/catalog:v4.20", "cache"), ExitCode.TRANSFER),
        (SUCCESS.format("quay.io/team/catalog:v4.20", "127.0.0.1:5000/team/"), 0),
    ],
    ids=["nothing is said", "it is in the cache alone", "it is said to have arrived"],
)
def test_a_catalog_of_an_earlier_run_is_not_taken_for_new_when_the_tool_dies(run, says, expected):
    code, events = run(with_catalog=True, says=says, code=1)
    assert code == expected
    failed = [event["what"] for event in events if event["event"] == "failed"]
    assert [what.partition("@")[0] for what in failed] == ["cannot mirror quay.io/team/catalog"][: code != 0]


def test_two_versions_of_a_catalog_keep_their_sources():
    told = [
        ("quay.io/a/c@sha256:19", f"{OWN}/a/c:v4.19"),
        ("quay.io/a/c@sha256:20", f"{OWN}/a/c:v4.20"),
        (f"{OWN}/a/c:md5-of-19", "reg:5000/a/c:v4.19"),
        (f"{OWN}/a/c:md5-of-20", "reg:5000/a/c:v4.20"),
        ("quay.io/a/b:1", "reg:5000/a/b:1"),
    ]
    assert moves(told, "reg:5000", OWN) == [
        ("quay.io/a/c@sha256:19", ("a/c", "v4.19"), True),
        ("quay.io/a/c@sha256:20", ("a/c", "v4.20"), True),
        ("quay.io/a/b:1", ("a/b", "1"), False),
    ]
