"""Release signatures, checked by gpgv through our own verifier's message rules."""

import json
import shutil
import subprocess

from bootstrap.oci.digest import Digest
from bootstrap.release.keys import keyring
from bootstrap.sandbox.release import Release
from bootstrap.sandbox.signing import clearsigned, sign

DIGEST = Digest.of(b"release")


def test_gpgv_accepts_the_signature_and_it_names_the_release(tmp_path):
    release = Release("4.20.9", "amd64", DIGEST, {})
    sign([release], tmp_path / "signatures", tmp_path / "key.asc")
    keys = tmp_path / "keys.gpg"
    keys.write_bytes(keyring(tmp_path / "key.asc"))
    signature = tmp_path / f"signatures/sha256={DIGEST.hex}/signature-1"
    done = subprocess.run(
        ["gpgv", "--keyring", str(keys), "--output", "-", str(signature)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    critical = json.loads(done.stdout)["critical"]
    assert critical["image"]["docker-manifest-digest"] == str(DIGEST)
    assert (
        critical["identity"]["docker-reference"] == "quay.io/openshift-release-dev/ocp-release:4.20.9-x86_64"
    )


def test_the_key_is_one_that_oc_mirror_can_check_signatures_with():
    _, key = clearsigned("text\n")
    done = subprocess.run(["gpg", "--list-packets"], input=key, capture_output=True, text=True, check=True)
    assert "algo 1," in done.stdout  # RSA; Go's openpgp knows no 22 (EdDSA)


def test_an_agent_that_takes_its_sockets_away_while_its_home_is_removed_is_no_error(monkeypatch):
    removed = []

    def vanishing(home):
        removed.append(home)
        if len(removed) == 1:
            raise FileNotFoundError("S.gpg-agent.extra")
        rmtree(home)

    rmtree = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", vanishing)
    signed, _ = clearsigned("text\n")
    assert "text" in signed
    assert len(removed) == 2
    assert not removed[0].exists()
