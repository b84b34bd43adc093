"""What a limit selects, and files of the site that are broken: no host is asked here."""

from types import SimpleNamespace

import pytest

from bootstrap.errors import HostError
from bootstrap.oci.reference import Reference
from bootstrap.registry.pool import Registries
from bootstrap.site.model import Connection, Host, Site
from bootstrap.site.state import State
from bootstrap.store.memory import MemoryStore
from bootstrap.workflow import answers as answering
from bootstrap.workflow import check_files, registry_image
from bootstrap.workflow import mirror as mirroring
from bootstrap.workflow import status as asking
from bootstrap.workflow import up as going_up
from bootstrap.workflow.check import Checked
from bootstrap.workflow.progress import Silent
from bootstrap.workflow.status import RegistryStatus
from tests.fakes.images import make_image, push


def host(name, **values):
    defaults = {"registry_service_hostname": f"{name}.example.com", "registry_service_port": 5000}
    return Host(name, ("registry",), {**defaults, **values}, Connection("local", name))


@pytest.fixture
def site(tmp_path):
    def make(*hosts, selected=()):
        state = State(tmp_path / "state")
        names = frozenset(selected or [each.name for each in hosts])
        return Site("lab", tmp_path, tmp_path, state, hosts, hosts[0], selected=names)

    return make


def test_the_registry_image_is_fetched_though_the_first_host_was_not_looked_at(site, tmp_path, monkeypatch):
    fetched = []
    monkeypatch.setattr(registry_image.check_sources, "registries", lambda _site: Registries(None, []))
    monkeypatch.setattr(registry_image, "fetch_image", lambda *a: fetched.append(a[-1]))
    one = host(
        "r1",
        registry_service_image="registry.example.com/distribution/distribution:3",
        registry_service_image_archive=str(tmp_path / "r.tar"),
    )
    checked = Checked(seen={"r2": {"architecture": "aarch64"}})
    registry_image.ensure_registry_image(site(one, host("r2"), selected=["r2"]), checked, Silent())
    assert fetched == ["arm64"]


def test_an_archive_that_cannot_be_written_is_told(tmp_path):
    class Upstream:
        def store_for(self, _name):
            return store, "app"

    store = MemoryStore()
    push(store, "app", make_image(1), tag="1")
    (tmp_path / "file").write_text("")
    archive = tmp_path / "file" / "images" / "registry.tar"
    with pytest.raises(HostError, match="cannot write"):
        registry_image.fetch_image(Upstream(), Reference.parse("r.example.com/app:1"), archive, "amd64")


def test_status_asks_the_registries_that_the_limit_selects(site, monkeypatch):
    def refuse(_host):
        raise HostError("w", why="y", fix="f")

    monkeypatch.setattr(asking, "connect", refuse)
    monkeypatch.setattr(
        asking, "_registry", lambda _site, one: RegistryStatus(one.name, "https://", None, None, None)
    )
    both = host("r1"), host("r2")
    assert [r.host for r in asking.status(site(*both, selected=["r2"])).registries] == ["r2"]
    assert [r.host for r in asking.status(site(*both)).registries] == ["r1", "r2"]


def test_up_asks_only_the_registries_that_the_limit_selects(site, monkeypatch):
    monkeypatch.setattr(answering, "answer", lambda _site, one: one.name)
    both = host("r1"), host("r2")
    assert answering.answers(site(*both, selected=["r2"])) == ("r2",)
    assert answering.answers(site(*both)) == ("r1", "r2")


def test_a_registry_that_is_not_set_up_yet_is_in_no_mirror_set(site):
    lab = site(host("r1"), host("r2"))
    trusted(lab, "r2")
    image = {
        "kind": "additional",
        "source": "quay.io/a/b:1",
        "destination": "a/b",
        "tag": "1",
        "digest": None,
    }
    published = mirroring.publish_resources(lab, {"images": [image], "releases": []})
    said = (published.directory / "itms.yaml").read_text()
    assert "r2.example.com:5000" in said
    assert "r1.example.com:5000" not in said


def test_free_disk_is_told_of_registries_outside_the_limit_too(site, monkeypatch):
    lab = site(host("r1"), host("r2"), host("r3"), host("r4"), selected=["r1", "r2"])
    for name in ("r1", "r2", "r3"):
        trusted(lab, name)

    def free(size):
        return {"disks": {"registry_storage_root": {"free": size}}}

    monkeypatch.setattr(mirroring, "_seen_now", lambda _site, one: free(30) if one.name == "r3" else None)
    checked = Checked(seen={"r1": free(10), "r2": free(20)})
    found = mirroring.free_elsewhere(lab, checked.seen)
    assert found == {"r2.example.com:5000": 20, "r3.example.com:5000": 30}


@pytest.mark.parametrize(("filled", "is_told"), [(["r1"], True), (["r1", "r2"], False)])
def test_a_registry_that_was_set_up_and_not_filled_is_no_success(site, filled, is_told):
    lab = site(host("r1"), host("r2"), selected=["r2"])
    registries = [{"location": f"{name}.example.com:5000"} for name in filled]
    mirrored = SimpleNamespace(finished={"registries": registries})
    if is_told:
        with pytest.raises(HostError, match="r2: set up, and not filled"):
            going_up._raise_unfilled(lab, mirrored)
    else:
        going_up._raise_unfilled(lab, mirrored)


def trusted(lab, name):
    path = lab.state.trust(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a CA")


def test_a_broken_image_set_does_not_hide_a_broken_pull_secret(site, tmp_path):
    image_set, secret = tmp_path / "image set.yaml", tmp_path / "pull secret.json"
    image_set.write_text("kind: Nonsense\n")
    secret.write_text("{")
    broken = host("r1", mirror_content_imageset=str(image_set), pull_secret_file=str(secret))
    said = [str(problem) for problem in check_files.file_problems(site(broken))]
    assert any(str(image_set) in text for text in said)
    assert any(str(secret) in text for text in said)
