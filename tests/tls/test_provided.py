"""Certificates are made by openssl, as a user's own CA would; we only judge them."""

import datetime as dt
import shutil
import subprocess

import pytest

from bootstrap.tls.provided import Provided, problems

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")

NAME = "registry.example.test"


def openssl(*words):
    done = subprocess.run(["openssl", *map(str, words)], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def make(directory, name, *, issuer=None, days=100, extensions=(), subject=None):
    """Make ``<name>.key`` and ``<name>.crt``, self-signed or issued by another."""
    key, crt = directory / f"{name}.key", directory / f"{name}.crt"
    words = [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        key,
        "-out",
        crt,
    ]
    words += ["-days", days, "-subj", f"/CN={subject or name}"]
    if issuer:
        words += ["-CA", directory / f"{issuer}.crt", "-CAkey", directory / f"{issuer}.key"]
    for extension in extensions:
        words += ["-addext", extension]
    openssl(*words)
    return crt


CA = ("basicConstraints=critical,CA:TRUE",)
LEAF = ("basicConstraints=critical,CA:FALSE", f"subjectAltName=DNS:{NAME},IP:192.0.2.7")


@pytest.fixture
def site(tmp_path):
    make(tmp_path, "root", extensions=CA)
    make(tmp_path, "inter", issuer="root", extensions=CA)
    make(tmp_path, "leaf", issuer="inter", extensions=LEAF)

    def provided(leaf="leaf", chain=("inter",), key="leaf", roots=("root",)):
        def joined(names):
            return b"".join((tmp_path / f"{name}.crt").read_bytes() for name in names)

        return Provided(joined([leaf, *chain]), (tmp_path / f"{key}.key").read_bytes(), joined(roots))

    provided.directory = tmp_path
    return provided


@pytest.mark.parametrize("name", [NAME, NAME.upper(), "192.0.2.7"])
def test_a_good_chain_has_no_problem(site, now, name):
    assert problems(site(), name, now) == []


def test_intermediates_may_stand_in_the_ca_file(site, now):
    assert problems(site(chain=(), roots=("inter", "root")), NAME, now) == []


def test_a_wildcard_covers_one_label(site, now):
    make(
        site.directory,
        "wild",
        issuer="inter",
        extensions=("basicConstraints=CA:FALSE", "subjectAltName=DNS:*.example.test"),
    )
    assert problems(site(leaf="wild", key="wild"), NAME, now) == []
    assert "does not cover" in problems(site(leaf="wild", key="wild"), f"a.{NAME}", now)[0]


def test_a_self_signed_certificate_with_a_san_is_its_own_ca(site, now):
    make(site.directory, "own", extensions=(f"subjectAltName=DNS:{NAME}",))
    assert problems(site(leaf="own", key="own", chain=(), roots=("own",)), NAME, now) == []


def test_a_common_name_alone_covers_nothing(site, now):
    make(site.directory, "plain", issuer="inter", subject=NAME, extensions=("basicConstraints=CA:FALSE",))
    (found,) = problems(site(leaf="plain", key="plain"), NAME, now)
    assert "a common name does not count" in found


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"key": "inter"}, "the key is not the certificate's"),
        ({"chain": ()}, "'leaf' was issued by 'inter'"),
        ({"roots": ("inter",)}, "'inter' was issued by 'root'"),
    ],
)
def test_what_does_not_belong_together_is_named(site, now, change, why):
    (found,) = problems(site(**change), NAME, now)
    assert why in found


def test_an_issuer_that_is_no_ca_ends_no_chain(site, now):
    make(site.directory, "below", issuer="leaf", extensions=LEAF)
    found = problems(site(leaf="below", key="below", chain=("leaf", "inter")), NAME, now)
    assert found == ["'leaf' in the chain is no CA (basic constraints)"]


def test_every_problem_is_reported_at_once(site, now):
    make(
        site.directory,
        "client",
        issuer="inter",
        extensions=("subjectAltName=DNS:other.test", "extendedKeyUsage=clientAuth"),
    )
    found = " ".join(problems(site(leaf="client", chain=()), NAME, now + dt.timedelta(days=101)))
    for why in ("key is not", "does not cover", "TLS servers", "was valid until", "does not end at a root"):
        assert why in found


def test_a_certificate_from_the_future_is_named(site, now):
    assert "not valid before" in problems(site(), NAME, now - dt.timedelta(days=2))[0]


def test_a_key_with_a_passphrase_and_no_key_at_all_are_told_apart(site, now):
    good = site()
    openssl(
        "pkey",
        "-in",
        site.directory / "leaf.key",
        "-aes256",
        "-passout",
        "pass:x",
        "-out",
        site.directory / "locked.key",
    )
    locked = Provided(good.certificate, (site.directory / "locked.key").read_bytes(), good.ca)
    assert "passphrase" in problems(locked, NAME, now)[0]
    assert "not a PEM private key" in problems(Provided(good.certificate, b"?", good.ca), NAME, now)[0]


def test_files_that_are_no_certificates_are_named_together(now):
    found = problems(Provided(b"", b"", b""), NAME, now)
    assert len(found) == 3


def test_weak_keys_are_refused(site, now):
    openssl(
        *(
            "req",
            "-x509",
            "-newkey",
            "rsa:1024",
            "-nodes",
            "-keyout",
            site.directory / "weak.key",
            "-subj",
            "/CN=weak",
        ),
        *("-out", site.directory / "weak.crt", "-addext", f"subjectAltName=DNS:{NAME}"),
    )
    later = now + dt.timedelta(minutes=5)  # openssl began its validity when it ran, not when `now` was read
    (found,) = problems(site(leaf="weak", key="weak", chain=(), roots=("weak",)), NAME, later)
    assert "1024 bits" in found


def test_the_key_is_not_in_the_repr(site):
    assert "PRIVATE" not in repr(site())


def test_a_file_in_der_is_told_how_to_become_pem(site, now):
    openssl(
        "x509", "-in", site.directory / "leaf.crt", "-outform", "DER", "-out", site.directory / "leaf.der"
    )
    given = site()
    der = (site.directory / "leaf.der").read_bytes()
    (said,) = problems(Provided(der, given.key, given.ca), NAME, now)
    assert "openssl x509 -inform DER" in said
