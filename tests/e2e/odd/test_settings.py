"""Sites whose settings, files or controller are odd: vaults, certificates, paths, languages."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.e2e.odd.pki import make_pki
from tests.e2e.odd.site import Ups, looks, told, up_twice
from tests.e2e.odd.stories import odd
from tests.e2e.snapshot import differences

pytestmark = pytest.mark.sandbox
CHOSEN = "a-Password-of-our-own-7"


@odd("chain")
def provided_certificate(site):
    host = site.host("chain")
    pki = make_pki(site.directory / "pki", host.fqdn, host.address4)
    site.write(
        "chain",
        registry_tls_mode="provided",
        registry_tls_provided_certificate=str(pki / "chain.crt"),
        registry_tls_provided_key=str(pki / "leaf.key"),
        registry_tls_provided_ca=str(pki / "root.crt"),
    )
    return up_twice(site)


def test_a_provided_certificate_with_an_intermediate(provided_certificate):
    assert provided_certificate.is_good("chain")
    site, host = provided_certificate.site, provided_certificate.site.host("chain")
    root = site.directory / "pki/root.crt"
    shown = openssl("s_client", "-connect", f"{host.fqdn}:5000", "-showcerts", "-CAfile", str(root))
    assert shown.count("BEGIN CERTIFICATE") == 2
    assert "Verify return code: 0" in shown
    bundle = site.state.trust("chain").read_text()
    assert bundle.strip().endswith(root.read_text().strip())
    assert bundle.count("BEGIN CERTIFICATE") == 1
    assert host.run(["curl", "--silent", f"https://{host.fqdn}:5000/v2/"]).returncode == 0


def openssl(*words):
    return subprocess.run(["openssl", *words], input="", capture_output=True, text=True, timeout=30).stdout


@dataclasses.dataclass(frozen=True)
class Vaulted:
    """`up` without and with the wrong vault password, and then with the right one."""

    without: object
    wrong: object
    changed: list
    ups: object


@odd("vault")
def vaulted_settings(site):
    site.write("vault", registry_service_log_level="debug")
    for name, password in (("right", "open sesame"), ("wrong", "open barley")):
        (site.directory / name).write_text(f"{password}\n")
    whole = site.inventory / "group_vars/registry.yml"
    whole.write_text(yaml.safe_dump({"registry_auth_password": CHOSEN}))
    vault(site, "encrypt", str(whole))
    inline = vault(site, "encrypt_string", "--name", "registry_auth_user", "archivist")
    with (site.inventory / "group_vars/all.yml").open("a") as settings:
        settings.write(inline + "\n")
    before = looks(site.host("vault"))
    without, wrong = site.run("up"), site.run("up", "--vault-password-file", "wrong")
    changed = differences(before, looks(site.host("vault")))
    return Vaulted(without, wrong, changed, up_twice(site, "--vault-password-file", "right"))


def vault(site, *words):
    program = Path(sys.executable).with_name("ansible-vault")
    return subprocess.run(
        [program, *words, "--vault-password-file", "right"],
        cwd=site.directory,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(site.directory)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_vaulted_settings_are_used_and_shown_nowhere(vaulted_settings):
    ups = vaulted_settings.ups
    assert (ups.first.code, ups.second.code) == (0, 0), told(ups.first)
    site, host = ups.site, ups.site.host("vault")
    assert ups.second.result["changed"] == 0
    asked = ["--user", f"archivist:{CHOSEN}"]
    assert site.get(f"https://{host.fqdn}:5000/v2/", *asked, ca="vault") == 200
    assert CHOSEN not in told(ups.first)


@pytest.mark.parametrize("which", ["without", "wrong"])
def test_a_missing_or_wrong_vault_password_is_told_and_changes_nothing(vaulted_settings, which):
    ended = getattr(vaulted_settings, which)
    assert ended.code == 2
    said = told(ended)
    assert "vault" in said.lower()
    assert "--vault-password-file" in said
    assert "Traceback" not in said
    assert vaulted_settings.changed == []


@odd("spaces", directory="Spiegel für Düsseldorf")
def path_with_spaces(site):
    site.write("spaces", release=True)
    return up_twice(site)


def test_a_path_with_spaces_and_an_umlaut(path_with_spaces):
    assert path_with_spaces.is_good("spaces", images=5)
    assert (path_with_spaces.site.directory / "artifacts/inventory/cluster-resources/idms.yaml").exists()


@odd("locale")
def another_locale(site):
    """Turkish first, where upper-case i is İ; then no UTF-8 at all."""
    locales = site.directory / "locales"
    locales.mkdir()
    # Without Debian's `locales` there is nothing to make it of: it is named and missing, as often happens.
    make = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(locales / "tr_TR.UTF-8")]
    subprocess.run(make, check=Path("/usr/share/i18n/locales/tr_TR").exists(), capture_output=True)
    host = site.host("locale")
    (host.root / "etc/locale.conf").write_text("LANG=tr_TR.UTF-8\n")
    (host.root / "etc/default/locale").write_text("LANG=tr_TR.UTF-8\nLC_ALL=tr_TR.UTF-8\n")
    site.write("locale", release=True)
    turkish = site.with_environment(LANG="tr_TR.UTF-8", LC_ALL="tr_TR.UTF-8", LOCPATH=str(locales))
    plain = site.with_environment(LANG="C", LC_ALL="C", PYTHONUTF8="0")
    return Ups(site, turkish.run("up"), plain.run("up"))


def test_another_locale_here_and_there(another_locale):
    host = another_locale.site.host("locale")
    assert "LC_ALL=tr_TR.UTF-8" in host.run(["env"]).stdout
    assert another_locale.is_good("locale", images=5)
