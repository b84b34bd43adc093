"""Bad input on the command line, and inventories that are none."""

from __future__ import annotations

import shutil

from tests.e2e.badinput.case import ORDINARY, Case, Spoiled, Told

_USAGE = "cannot read the command line"
_VAULTED = """\
registry_auth_password: !vault |
  $ANSIBLE_VAULT;1.1;AES256
  33363965326261303234626463623963633531343539616138316433353830356566396130353436
  3562643163366231316662386565383735653432386435610a306664636137376132643732393532
  63383038383730306639353234326630666233376535326637353532323838393761663337623835
  6233613730386630660a353638643435666633633964366338633066623234616432373231333331
  6564
"""


def _words(*words: str) -> object:
    return lambda site: site.words.__setitem__(slice(None), words)


def _and(*words: str) -> object:
    return lambda site: site.words.extend(words)


def _inventory(name: str) -> object:
    return _words("up", "--json", "-i", name)


def _empty_directory(site: Spoiled) -> None:
    (site.directory / "empty").mkdir()
    site.words[-1] = "empty"


def _no_inventory(site: Spoiled) -> None:
    (site.directory / "notes.txt").write_text("Dear diary,\n\ntoday: {{{ all went well\n")
    site.words[-1] = "notes.txt"


def _unreadable(site: Spoiled) -> None:
    site.inventory.chmod(0o000)
    site.undo.callback(site.inventory.chmod, 0o755)
    site.prefix = ORDINARY


def _without_hosts(site: Spoiled) -> None:
    for path in site.inventory.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    site.write("group_vars/all.yml", "registry_service_port: 5000\n")


def _wrong_vault_password(site: Spoiled) -> None:
    site.write("host_vars/registry1.yml", _VAULTED)
    (site.directory / "vault-password").write_text("not this one\n")
    site.words += ["--vault-password-file", "vault-password"]


CASES = (
    Case(
        "unknown option",
        _and("--frobnicate"),
        (Told(_USAGE, "--frobnicate", "bootstrap-registry up --help"),),
    ),
    Case(
        "unknown command",
        _words("upp", "--json", "-i", "inventory"),
        (Told(_USAGE, "upp", "bootstrap-registry --help"),),
    ),
    Case("no inventory given", _words("up", "--json"), (Told(_USAGE, "--inventory", "up --help"),)),
    Case(
        "missing inventory",
        _inventory("nowhere"),
        (Told("there is no inventory nowhere", "does not exist", "init nowhere"),),
    ),
    Case(
        "empty inventory directory",
        _empty_directory,
        (Told("has no registry", "no inventory", "group `registry`"),),
    ),
    Case("file that is no inventory", _no_inventory, (Told("cannot read the inventory", "", ""),)),
    Case(
        "unreadable inventory", _unreadable, (Told("cannot read the inventory", "you may not", "chmod u+rX"),)
    ),
    Case(
        "directory without hosts",
        _without_hosts,
        (Told("has no registry", "no inventory", "group `registry`"),),
    ),
    Case(
        "limit matches nothing",
        _and("--limit", "elsewhere"),
        (Told("--limit elsewhere", "registry1", "pattern"),),
    ),
    Case(
        "limit by file",
        _and("--limit", "@hosts.retry"),
        (Told("--limit @hosts.retry", "not supported", "commas"),),
    ),
    Case(
        "extra-vars without a value",
        _and("-e", "registry_service_port"),
        (Told("-e registry_service_port", "no `=`", "name=value"),),
    ),
    Case(
        "extra-vars broken JSON",
        _and("-e", '{"registry_service_port": 5000'),
        (Told("the settings after -e", "line 1: it is neither YAML nor JSON", "name=value"),),
    ),
    Case(
        "extra-vars file missing",
        _and("-e", "@missing.yml"),
        (Told("the settings in missing.yml", "does not exist", "-e @missing.yml"),),
    ),
    Case(
        "vault password file missing",
        _and("--vault-password-file", "missing"),
        (Told("vault password file missing", "does not exist", "--vault-password-file"),),
    ),
    Case(
        "vault password wrong",
        _wrong_vault_password,
        (Told("registry_auth_password", "", "--vault-password-file"),),
    ),
    Case(
        "vault password not given",
        lambda site: site.write("host_vars/registry1.yml", _VAULTED),
        (Told("registry_auth_password", "", "--vault-password-file"),),
    ),
)
