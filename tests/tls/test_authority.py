import datetime as dt
import stat
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from bootstrap.credentials import files
from bootstrap.errors import HostError
from bootstrap.tls.authority import TlsState, load_or_make
from bootstrap.tls.certificates import fingerprint, is_issued_by
from bootstrap.tls.issue import issue


def make(directory):
    state = TlsState(directory)
    with files.locked(directory):
        return fingerprint(load_or_make(state, "demo", 3650, dt.datetime.now(dt.UTC)).certificate)


def test_processes_that_start_together_make_one_ca(tmp_path):
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(make, [tmp_path / "state"] * 8))) == 1


def test_the_ca_is_made_once_and_its_key_is_private_from_the_start(state, authority, now):
    again = load_or_make(state, "demo", 3650, now + dt.timedelta(days=1000))
    assert again.certificate == authority.certificate
    assert stat.S_IMODE(state.ca_key.stat().st_mode) == 0o600
    assert stat.S_IMODE(state.ca_key.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(state.directory.stat().st_mode) == 0o700


def test_two_controllers_never_make_cas_of_one_name(tmp_path, now):
    one, other = (load_or_make(TlsState(tmp_path / name), "demo", 3650, now) for name in ("a", "b"))
    assert one.certificate.subject != other.certificate.subject
    assert "demo" in one.certificate.subject.rfc4514_string()


def test_a_key_left_alone_by_a_killed_run_gets_a_certificate(state, authority, now):
    state.ca_certificate.unlink()
    again = load_or_make(state, "demo", 3650, now)
    assert again.key.public_key() == authority.key.public_key()
    assert state.ca_certificate.exists()


@pytest.mark.usefixtures("authority")
def test_a_certificate_without_its_key_is_refused_and_no_key_is_made(state, now):
    state.ca_key.unlink()
    with pytest.raises(HostError) as caught:
        load_or_make(state, "demo", 3650, now)
    assert str(state.ca_key) in caught.value.what
    assert "restore" in caught.value.fix
    assert not state.ca_key.exists()


def test_a_key_of_another_ca_is_refused(state, authority, now, tmp_path):
    other = load_or_make(TlsState(tmp_path / "other"), "demo", 3650, now)
    files.replace(state.ca_certificate, b"", 0o644)
    state.ca_certificate.write_bytes((tmp_path / "other" / "ca" / "ca.crt").read_bytes())
    with pytest.raises(HostError) as caught:
        load_or_make(state, "demo", 3650, now)
    assert "not the key of" in caught.value.why
    assert other.certificate != authority.certificate


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_is_refused_without_being_repeated(state, now, content):
    state.ca_key.write_bytes(content)
    with pytest.raises(HostError) as caught:
        load_or_make(state, "demo", 3650, now)
    assert "damaged" in caught.value.why


@pytest.mark.usefixtures("authority")
def test_an_expired_ca_says_what_to_do(state, now):
    with pytest.raises(HostError) as caught:
        load_or_make(state, "demo", 3650, now + dt.timedelta(days=3650))
    assert "trust bundle" in caught.value.fix


def test_the_state_knows_its_ca_and_what_it_issued_for_a_host(state, authority, issued, order, now):
    assert state.known_to("reg1") == (authority.certificate,)
    files.replace(state.issued("reg1"), issued.pem)
    files.replace(state.trust("reg1"), state.ca_certificate.read_bytes())
    assert state.known_to("reg1") == (authority.certificate, issued.certificate)
    assert is_issued_by(issue(order, authority, now).certificate, authority.certificate)
