"""Signed with the real gpg and checked with the real gpgv."""

from __future__ import annotations

import json
import shutil

import pytest

from bootstrap.errors import ConfigError, HostError, NotFound, VerificationError
from bootstrap.oci.digest import Digest
from bootstrap.release.keys import find_key, fingerprints, keyring
from bootstrap.release.signature import Verifier
from tests.release.signer import IDENTITY, Signer
from tests.release.signer import claim as claim_of

RELEASE = Digest.of(b"a release")

pytestmark = pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg makes the keys of these tests")


@pytest.fixture(scope="module")
def signers(tmp_path_factory):
    home = tmp_path_factory.mktemp("gpg")
    made = {name: Signer(home, name) for name in ("publisher", "stranger")}
    yield made
    for signer in made.values():
        signer.stop()


def claim(digest=RELEASE, **options):
    return claim_of(digest, **options)


class Published:
    """What a server has at its URLs."""

    def __init__(self, *signatures: bytes) -> None:
        base = f"https://signatures.example.com/release/sha256={RELEASE.hex}/signature-"
        self.files = {f"{base}{number}": content for number, content in enumerate(signatures, start=1)}

    def get(self, url, *, what, **_):
        if self.files.get(url) is None:
            raise NotFound(what, why="404", fix="")
        return self.files[url]


def verify(tmp_path, signers, *signatures, armor=True):
    key = tmp_path / "key"
    key.write_bytes(signers["publisher"].public(armor=armor))
    verifier = Verifier(
        "https://signatures.example.com/release/", keyring(key), Published(*signatures), directory=tmp_path
    )
    return verifier.verify(RELEASE, name="4.20.9")


@pytest.mark.parametrize("armor", [True, False])
def test_a_good_signature_gives_the_name_it_was_signed_under(tmp_path, signers, armor):
    content = signers["publisher"].sign(claim())
    found = verify(tmp_path, signers, content, armor=armor)
    assert found.content == content
    assert str(found.identity) == IDENTITY
    assert len(found.fingerprint) == 40
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


def test_the_second_signature_may_be_the_good_one(tmp_path, signers):
    found = verify(tmp_path, signers, signers["stranger"].sign(claim()), signers["publisher"].sign(claim()))
    assert str(found.identity) == IDENTITY


def test_an_identity_that_is_no_reference_is_none(tmp_path, signers):
    assert verify(tmp_path, signers, signers["publisher"].sign(claim(identity="4.20.9"))).identity is None


@pytest.mark.parametrize(
    ("message", "said"),
    [
        (claim(digest=Digest.of(b"another")), "it is good, but for another image: sha256:"),
        (claim(kind="x"), "it is of type 'x'"),
        (b"not json", "what it signs is not an image"),
        ({"critical": None}, "what it signs is not an image"),
    ],
)
def test_a_good_signature_of_something_else_is_refused(tmp_path, signers, message, said):
    with pytest.raises(VerificationError, match=said):
        verify(tmp_path, signers, signers["publisher"].sign(message))


def test_strangers_and_noise_are_refused_each_with_its_reason(tmp_path, signers):
    (stranger,) = fingerprints(signers["stranger"].public(armor=False))
    said = f"signature-1: the key {stranger[-16:]} made it, which is not among the keys configured"
    with pytest.raises(VerificationError, match=said) as caught:
        verify(tmp_path, signers, signers["stranger"].sign(claim()), b"noise", json.dumps(claim()).encode())
    assert "signature-2: " in caught.value.why
    assert "signature-3: " in caught.value.why


def test_a_changed_signature_is_refused(tmp_path, signers):
    content = bytearray(signers["publisher"].sign(claim()))
    content[-20] ^= 1
    with pytest.raises(VerificationError, match=r"no signature of release 4\.20\.9 is good"):
        verify(tmp_path, signers, bytes(content))


def test_a_key_that_has_expired_is_refused_and_said_to_have(tmp_path):
    signer = Signer(tmp_path, "old", expire="1y", at="20200101T000000")
    try:
        content = signer.sign(claim(), at="20200201T000000")
        with pytest.raises(
            VerificationError, match=r"signature-1: the key [0-9A-F]{16} that made it has expired"
        ):
            verify(tmp_path, {"publisher": signer}, content)
    finally:
        signer.stop()


def test_after_a_gap_no_signature_is_looked_for(tmp_path, signers):
    with pytest.raises(VerificationError) as caught:
        verify(tmp_path, signers, b"noise", None, signers["publisher"].sign(claim()))
    assert "signature-3" not in caught.value.why


def test_the_fingerprints_are_those_that_gpg_tells(tmp_path, signers):
    both = signers["stranger"].public(armor=False) + signers["publisher"].public(armor=False)
    assert fingerprints(both) == (signers["stranger"].fingerprint(), signers["publisher"].fingerprint())
    found = verify(tmp_path, signers, signers["publisher"].sign(claim()))
    assert found.fingerprint == signers["publisher"].fingerprint()


@pytest.mark.parametrize("content", [b"", b"\x99\x00\x00", b"\x99\xff\xff\x04", b"\x9b\x04", b"text"])
def test_what_is_no_key_has_no_fingerprint(content):
    assert fingerprints(content) == ()


def test_a_release_without_signatures_is_said_to_be_unsigned(tmp_path, signers):
    with pytest.raises(NotFound, match=r"release 4\.20\.9 is not signed"):
        verify(tmp_path, signers)


def test_without_gpgv_the_packages_are_named(tmp_path):
    with pytest.raises(HostError, match="install it: package gpgv"):
        Verifier("https://x.example.com", b"", Published(), directory=tmp_path, gpgv="no-such-gpgv")


def test_several_armored_blocks_make_one_keyring(tmp_path, signers):
    both = tmp_path / "both"
    both.write_bytes(
        b"a comment\n" + signers["stranger"].public(armor=True) + signers["publisher"].public(armor=True)
    )
    alone = [signers[name].public(armor=False) for name in ("stranger", "publisher")]
    assert keyring(both) == b"".join(alone)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text",
        b"\xff\xff",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n!!\n-----END PGP PUBLIC KEY BLOCK-----\n",
    ],
)
def test_what_is_no_key_is_refused(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(ConfigError, match="cannot use the public key"):
        keyring(tmp_path / "key")


def test_a_key_that_is_not_there_is_said_to_be_so(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the public key"):
        keyring(tmp_path / "absent")


def test_the_hosts_own_key_is_the_default(tmp_path):
    default = tmp_path / "RPM-GPG-KEY-redhat-release"
    with pytest.raises(ConfigError, match="mirror_content_signature_key"):
        find_key(None, default=default)
    default.touch()
    assert find_key(None, default=default) == default
    assert str(find_key("/etc/other.gpg", default=default)) == "/etc/other.gpg"
