"""The host trusts what it is given, in its own bundle and in podman's files, and forgets it again."""

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

REGISTRIES = ["registry1.example.com:5000", "registry2.example.com:5000"]


def certificate(name):
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


CA, OTHER = certificate("ca"), certificate("other")


@pytest.fixture
def host(tmp_path, programs):
    """A host whose bundle is made of its anchors, as update-ca-certificates does."""
    anchors, bundle = tmp_path / "anchors", tmp_path / "bundle.crt"
    anchors.mkdir()
    bundle.write_text("")
    programs.add(
        "update", f"echo run >>{tmp_path}/log; cat {anchors}/*.crt >{bundle} 2>/dev/null || :>{bundle}\n"
    )
    return tmp_path


@pytest.fixture
def trust(plugin, run_module, host):
    module = plugin("trust_bundle", "library", "trust_bundle_install")

    def run(certificates=(CA,), registries=REGISTRIES, **more):
        return run_module(
            module,
            certificates=list(certificates),
            registries=list(registries),
            anchors=str(host / "anchors"),
            bundle=str(host / "bundle.crt"),
            command=["update"],
            certs_d=str(host / "certs.d"),
            **more,
        )

    return run


def names(directory):
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*.crt"))


def updates(host):
    log = host / "log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def test_the_bundle_and_every_registry_get_the_certificate(trust, host):
    assert trust()["changed"] is True
    assert CA.strip() in (host / "bundle.crt").read_text()
    assert names(host / "certs.d") == [f"{registry}/ca.crt" for registry in REGISTRIES]
    assert CA in (host / "certs.d" / REGISTRIES[0] / "ca.crt").read_text()


def test_a_second_time_nothing_changes_and_nothing_is_run(trust, host):
    trust()
    assert trust()["changed"] is False
    assert updates(host) == 1


def test_a_run_that_was_stopped_before_the_update_is_finished(trust, host):
    trust()
    (host / "bundle.crt").write_text("")
    assert trust()["actions"] == [f"update {host / 'bundle.crt'}"]


def test_a_certificate_that_is_not_asked_for_any_more_is_forgotten(trust, host):
    trust((CA, OTHER))
    trust((OTHER,))
    assert CA.strip() not in (host / "bundle.crt").read_text()
    assert OTHER.strip() in (host / "bundle.crt").read_text()
    assert len(names(host / "anchors")) == 1


def test_a_registry_that_is_not_asked_for_any_more_is_forgotten(trust, host):
    trust()
    trust(registries=REGISTRIES[:1])
    assert [path.name for path in (host / "certs.d").iterdir()] == REGISTRIES[:1]


def test_what_is_not_ours_stays(trust, host):
    foreign = host / "certs.d" / REGISTRIES[0] / "ca.crt"
    foreign.parent.mkdir(parents=True)
    foreign.write_text(OTHER)
    (host / "anchors" / "company.crt").write_text(OTHER)
    trust()
    assert foreign.read_text() == OTHER
    assert CA in (foreign.parent / "bootstrap-registry.crt").read_text()
    trust([], [])
    assert names(host / "certs.d") == [f"{REGISTRIES[0]}/ca.crt"]
    assert names(host / "anchors") == ["company.crt"]


def test_removal_undoes_everything_and_twice_is_nothing(trust, host):
    trust()
    assert trust([], [])["changed"] is True
    assert (names(host / "anchors"), list((host / "certs.d").iterdir())) == ([], [])
    assert (host / "bundle.crt").read_text() == ""
    assert trust([], [])["changed"] is False


def test_check_mode_changes_nothing(trust, host):
    assert len(trust(check_mode=True)["actions"]) == 4
    assert (names(host), updates(host)) == (["bundle.crt"], 0)


def test_a_bundle_that_takes_authorities_only_is_no_endless_change(trust, host, programs):
    programs.add("update", f"echo run >>{host}/log\n")
    trust()
    assert trust()["changed"] is False


def test_every_certificate_of_the_files_counts_once(plugin, tmp_path):
    filters = plugin("trust_bundle", "filter_plugins", "trust_bundle_certificates")
    one, two = tmp_path / "one.crt", tmp_path / "two.crt"
    one.write_text(f"# a comment\n{CA}")
    two.write_text(CA + OTHER)
    assert filters.trust_bundle_certificates([str(one), str(two)]) == [CA, OTHER]


def test_files_that_cannot_be_trusted_are_named(plugin, tmp_path):
    filters = plugin("trust_bundle", "filter_plugins", "trust_bundle_certificates")
    (tmp_path / "text.crt").write_text("hello")
    problems = filters.trust_bundle_problems([str(tmp_path / "text.crt"), str(tmp_path / "none.crt")])
    assert ["text.crt is not" in problems[0], "none.crt cannot be read" in problems[1]] == [True, True]
