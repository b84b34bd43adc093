"""oc-mirror through us: how it is called, and that its word for how it went is never taken."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from bootstrap.errors import ExitCode
from bootstrap.mirror.engines.oc_mirror import resources
from bootstrap.mirror.engines.oc_mirror.command import Commands, Parallel
from bootstrap.mirror.engines.oc_mirror.running import execute
from bootstrap.mirror.layout import digest_tag
from bootstrap.mirror.pool import Stopped
from bootstrap.registry.retry import testing as no_waiting
from bootstrap.store.remote import RemoteStore
from tests.agent.conftest import CHANNEL
from tests.fakes.images import make_image, push
from tests.fakes.registry import CREDENTIALS
from tests.fakes.tools import FakeTool
from tests.mirror.engines import transcripts

APP = "quay.io/team/app:v1"
WITH_APP = CHANNEL.replace("]}}", f"]}}, additionalImages: [{{name: '{APP}'}}]}}")


def of(events, kind):
    return [event for event in events if event["event"] == kind]


@pytest.fixture
def tool(tmp_path):
    return FakeTool(tmp_path, "oc-mirror")


@pytest.fixture
def filled(site, tool):
    """A site with a release at every registry, an image that is not there yet, and the tool to bring it."""
    site.release("4.20.1")
    code, events = site.run()
    assert code == 0, of(events, "failed")
    push(site.content.store, "team/app", make_image("app"), tag="v1")
    site.imageset(WITH_APP)
    site.configure(engine="oc-mirror", tools={"oc_mirror": str(tool.path)})
    return site


def working_dir(site):
    return site.state / "workspace" / "oc-mirror" / "working-dir"


def test_an_image_that_is_missing_fails_the_run_by_name_though_the_tool_ends_with_0(filled, tool):
    error = f"error mirroring image {APP} error: reading manifest v1 in quay.io/team/app: manifest unknown\n"
    log = working_dir(filled) / "logs" / "mirroring_errors_20261121_022017.txt"
    says = transcripts.MISSING_IMAGE.format(image=APP, name="quay.io/team/app")
    tool.will(says, code=0, files={str(log): error})
    code, events = filled.run()
    assert code == ExitCode.REGISTRY
    (failed,) = of(events, "failed")
    assert failed["what"] == f"cannot mirror {APP}"
    assert "manifest unknown" in failed["why"]
    assert [each["images"] for each in events[-1]["registries"]] == [3, 3]
    run = filled.ledger()["runs"][-1]
    assert (run["engine"], run["engine_version"], run["outcome"]) == ("oc-mirror", "v4.20.0", "failed")


def test_an_image_that_is_missing_without_a_word_fails_the_run_by_name(filled, tool):
    tool.will(transcripts.COLOURED.splitlines()[0] + "\n", code=0)
    code, events = filled.run()
    assert code == ExitCode.TRANSFER
    (failed,) = of(events, "failed")
    assert failed["what"] == f"cannot mirror {APP}"
    assert "exit code 0" in failed["why"]


def test_a_destination_that_goes_down_is_tried_three_times_with_less_and_fails_by_name(filled, tool):
    tool.will(transcripts.DESTINATION_DOWN, code=1)
    filled.configure(engine="oc-mirror", tools={"oc_mirror": str(tool.path)}, parallel=8)
    with no_waiting():
        code, events = filled.run()
    assert code == ExitCode.TRANSFER
    (failed,) = of(events, "failed")
    assert failed["what"] == f"cannot mirror {APP}"
    assert "exit code 1 (something general)" in failed["why"]
    assert "connection refused" in failed["why"]
    asked = [call["argv"][call["argv"].index("--parallel-images") + 1] for call in tool.calls]
    assert asked == ["8", "4", "2"]
    assert filled.ledger()["runs"][-1]["retries"] == 2


def test_what_will_not_get_better_is_tried_once(filled, tool):
    tool.will("2026/11/21 02:20:20  [ERROR]  : writing blob: no space left on device\n", code=1)
    code, events = filled.run()
    assert code == ExitCode.HOST
    assert len(tool.calls) == 1
    assert "no space left" in of(events, "failed")[0]["why"]


def test_where_nothing_is_to_be_done_it_is_not_asked(filled, tool):
    for registry in filled.registries:
        with registry.client() as client:
            push(RemoteStore(client), "team/app", make_image("app"), tag="v1")
    tool.will(code=8)
    code, events = filled.run()
    assert code == 0
    assert tool.calls == []
    assert of(events, "run_started")[0]["engine"] == "oc-mirror"


def test_what_is_attached_to_images_comes_by_our_own_engine(filled, tool):
    app, attested = make_image("app"), make_image("att")
    tag = f"{digest_tag(app.digest)}.att"
    push(filled.content.store, "team/app", attested, tag=tag)
    tool.will("", code=0)
    _, events = filled.run()
    assert [each["what"] for each in of(events, "failed")] == [f"cannot mirror {APP}"]
    assert len(tool.calls) == 1
    assert filled.registries[0].contents.tags["team/app", tag] == str(attested.digest)
    for registry in filled.registries:
        with registry.client() as client:
            push(RemoteStore(client), "team/app", app, tag="v1")
    assert filled.run()[0] == 0
    assert len(tool.calls) == 1
    entries = {each["tag"]: each for each in filled.ledger()["images"]}
    assert (entries["v1"]["attached"], entries[tag]["kind"]) == ([tag], "attached")
    assert len(entries[tag]["registries"]) == 2


def test_it_is_called_with_our_files_and_no_secret(filled, tool):
    proxy = filled.directory / "proxy.json"
    proxy.write_text(
        json.dumps({"url": "http://me:hidden@127.0.0.1:9", "no_proxy": [".example.com", "127.0.0.1"]})
    )
    filled.configure(engine="oc-mirror", tools={"oc_mirror": str(tool.path)}, proxy_file=str(proxy))
    tool.will(code=0)
    filled.run()
    (call,) = tool.calls
    home = filled.state / "workspace" / "oc-mirror"
    words, env = call["argv"], call["env"]
    assert words[-1] == f"docker://{filled.registries[0].location}"
    for option, value in (
        ("--config", filled.directory / "imageset.yaml"),
        ("--workspace", f"file://{home}"),
        ("--cache-dir", home / "cache"),
        ("--authfile", filled.directory / "auth.json"),
    ):
        assert words[words.index(option) + 1] == str(value)
    assert "--v2" in words
    assert not [
        word for word in words if "tls-verify" in word or "hidden" in word or CREDENTIALS.password in word
    ]
    assert call["umask"] == 0o022
    assert env["TMPDIR"] == str(home / "tmp")
    assert env["HTTPS_PROXY"] == "http://me:hidden@127.0.0.1:9"
    assert env["NO_PROXY"].split(",")[:2] == ["example.com", "127.0.0.1"]
    assert env["OCP_SIGNATURE_URL"] == f"{filled.web.url}/signatures/"
    assert env["UPDATE_URL_OVERRIDE"] == f"{filled.web.url}/graph"
    assert not [name for name in env if name.startswith("REGISTRY_")]  # its own registry would read them
    conf = (home / "registries.conf").read_text()
    assert f'prefix = "quay.io"\nlocation = "{filled.upstream.location}"' in conf
    assert (filled.directory / "ca.crt").read_text().strip() in (home / "ca-bundle.pem").read_text()
    for path in home.rglob("*"):
        assert path.is_dir() or "hidden" not in path.read_text()


def test_the_key_of_the_signatures_is_given_in_armor(filled, tool):
    key = filled.directory / "key.gpg"
    key.write_bytes(b"\x99\x00\x04abcd")
    filled.configure(
        engine="oc-mirror",
        tools={"oc_mirror": str(tool.path)},
        signature_policy="skip",
        signature_key=str(key),
    )
    tool.will(code=0)
    filled.run()
    (call,) = tool.calls
    written = Path(call["env"]["OCP_SIGNATURE_VERIFICATION_PK"]).read_text()
    assert written.startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n")
    assert "--ignore-release-signature" in call["argv"]


def test_a_run_that_is_stopped_leaves_no_tool_behind(surroundings, tool, tmp_path):
    tool.will("2026/11/21 02:20:20  [INFO]   : images to copy 4\n", hangs=True)
    stop = threading.Event()
    commands = Commands(str(tool.path), surroundings.imageset, tmp_path, None)
    argv = commands.mirror("r.example:5000", Parallel(1, 1))
    with pytest.raises(Stopped):
        execute(argv, surroundings, stop, working_dir=tmp_path, on_image=lambda _log: stop.set())


def test_its_resources_are_taken_over_by_kind_and_kept_before_it_removes_them(tmp_path):
    folder = tmp_path / "working-dir" / "cluster-resources"
    folder.mkdir(parents=True)
    assert resources.keep(folder.parent) is None
    (folder / "idms.yaml").write_text("kind: ImageDigestMirrorSet\nmetadata: {name: a}\n")
    (folder / "cs.yaml").write_text(
        "---\nkind: CatalogSource\nmetadata: {name: cs-index, namespace: openshift-marketplace}\nstatus: {}\n"
        "---\nkind: ClusterCatalog\nmetadata: {name: cc-index}\n"
    )
    found = resources.take_over(folder.parent)
    assert [(each["kind"], each["metadata"]["name"]) for each in found] == [
        ("CatalogSource", "cs-index"),
        ("ClusterCatalog", "cc-index"),
    ]
    assert "status" not in found[0]
    kept = [resources.keep(folder.parent) for _ in range(12)]
    assert [path.exists() for path in kept] == [False] * 2 + [True] * 10
    assert sorted(each.name for each in kept[-1].iterdir()) == ["cs.yaml", "idms.yaml"]


@pytest.mark.parametrize(
    ("blobs", "found", "fewer"),
    [(1, (1, 1), (1, 1)), (4, (4, 4), (2, 2)), (64, (10, 5), (5, 2))],
)
def test_how_much_at_once_stays_within_what_it_takes(blobs, found, fewer):
    parallel = Parallel.of(blobs)
    assert (parallel.images, parallel.layers) == found
    assert (parallel.fewer().images, parallel.fewer().layers) == fewer
