"""`up` on bare hosts, and a newcomer who pulls from what it made. Read top to bottom: it is one story."""

import json
import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.sandbox


def test_up_ends_well_and_says_where_everything_is(lab, up):
    result = up.ended.result
    assert result["urls"] == [f"https://{lab.location}"]
    assert result["ca_files"] == [str(lab.ca)]
    assert result["auth_file"] == str(lab.state.auth_file)
    assert result["mirrored"]["images"] > 10
    assert result["warnings"] == []


def test_the_registry_wants_credentials_and_takes_ours(lab, up):
    assert (lab.get(), lab.get(auth=True)) == (401, 200)


def test_it_answers_by_its_addresses_too(lab, up):
    host = lab.sandbox.host("registry1")
    assert lab.get(name=f"{host.address4}:5000") == 401
    assert lab.get(name=f"[{host.address6}]:5000") == 401


def test_every_release_of_the_image_set_is_there_under_oc_mirrors_names(lab, up):
    releases = [name.split()[0] for name in up.ended.result["mirrored"]["releases"]]
    assert len(releases) >= 2
    repository = f"docker://{lab.location}/openshift/release-images"
    done = skopeo(lab, "list-tags", repository)
    tags = json.loads(done)["Tags"]
    assert {f"{release}-x86_64" for release in releases} <= set(tags)


def test_skopeo_inspects_by_digest_from_the_controller(lab, up):
    image = f"docker://{lab.location}/openshift/release-images"
    tag = next(tag for tag in json.loads(skopeo(lab, "list-tags", image))["Tags"] if tag.endswith("x86_64"))
    digest = json.loads(skopeo(lab, "inspect", f"{image}:{tag}"))["Digest"]
    assert json.loads(skopeo(lab, "inspect", f"{image}@{digest}"))["Digest"] == digest


def test_podman_pulls_by_digest_from_the_controller(lab, up):
    image = f"{lab.location}/openshift/release-images@{release_digest(lab)}"
    with tempfile.TemporaryDirectory(prefix="pull-") as short:  # podman takes no long path for its run root
        certificates = Path(short) / "certs"
        certificates.mkdir()
        (certificates / "ca.crt").write_text(lab.ca.read_text())
        storage = ["--root", f"{short}/root", "--runroot", f"{short}/run", "--storage-driver", "vfs"]
        pull = ["pull", "--authfile", str(lab.state.auth_file), "--cert-dir", str(certificates), image]
        done = subprocess.run(["podman", *storage, *pull], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_podman_and_curl_work_on_the_host_without_a_flag(lab, up):
    host = lab.sandbox.host("registry1")
    image = f"{lab.location}/openshift/release-images@{release_digest(lab)}"
    host.run(["podman", "pull", "--quiet", image])
    host.run(["podman", "rmi", image])
    done = host.run(
        [
            "curl",
            "--silent",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            f"https://{lab.location}/v2/",
        ]
    )
    assert done.stdout == "401"


def test_the_cluster_resources_name_the_mirror(lab, up):
    found = lab.artifacts / "cluster-resources"
    objects = [
        item for file in ("idms.yaml", "itms.yaml") for item in yaml.safe_load_all((found / file).read_text())
    ]
    assert {item["kind"] for item in objects} == {"ImageDigestMirrorSet", "ImageTagMirrorSet"}
    assert f"{lab.location}/openshift/release-images" in (found / "idms.yaml").read_text()


def test_the_graph_data_of_the_update_service_are_an_image_that_is_there(lab, up):
    service = yaml.safe_load((lab.artifacts / "cluster-resources" / "update-service.yaml").read_text())
    assert service["spec"]["releases"] == f"{lab.location}/openshift/release-images"
    image = json.loads(skopeo(lab, "inspect", "--config", f"docker://{service['spec']['graphDataImage']}"))
    assert "cincinnati-graph-data" in " ".join(image["config"]["Cmd"])


def test_a_second_up_changes_nothing(lab, second_up):
    result = second_up.ended.result
    assert result["changed"] == 0
    assert result["mirrored"]["is_new"] is False
    assert sum(registry["blobs_copied"] for registry in result["mirrored"]["finished"]["registries"]) == 0


def test_a_second_up_sends_nothing_to_the_destination(second_up):
    assert second_up.pushes == 0


def test_status_tells_that_all_is_well(lab, up):
    result = lab.run("status", "--json").result
    (registry,) = result["registries"]
    assert (registry["unit"], registry["problem"]) == ("active", None)
    assert result["live_run"] is None
    assert result["last_run"]["outcome"] == "ok"


def test_verify_finds_every_image(lab, up):
    result = lab.run("verify", "--json").result
    assert [found["images"] for found in result["registries"]] == [up.ended.result["mirrored"]["images"]]


def test_verify_names_what_is_missing_and_up_brings_it_back(lab, second_up):
    host = lab.sandbox.host("registry1")
    digest = release_digest(lab).partition(":")[2]
    blob = f"/opt/registry/data/docker/registry/v2/blobs/sha256/{digest[:2]}/{digest}/data"
    host.run(["mv", blob, "/root/kept"])
    host.run(["systemctl", "restart", "mirror-registry"])
    ended = lab.run("verify", "--json")
    assert ended.code == 6
    assert "release-images" in json.dumps(ended.document["problems"])
    host.run(["mv", "/root/kept", blob])
    assert lab.run("verify", "--json").code == 0


def test_check_finds_nothing_and_changes_nothing(lab, up):
    assert lab.run("check", "--json").result["problems"] == []


def skopeo(lab, *words):
    done = subprocess.run(
        ["skopeo", *words, "--authfile", str(lab.state.auth_file)],
        env={"SSL_CERT_FILE": str(lab.ca), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def release_digest(lab):
    ledger = json.loads(
        (lab.sandbox.host("registry1").root / "var/lib/bootstrap-registry/ledger/ledger.json").read_text()
    )
    return next(image["digest"] for image in ledger["images"] if image["kind"] == "release")
