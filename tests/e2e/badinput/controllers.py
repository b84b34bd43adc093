"""Bad input on the controller: the site's state, its disk, its programs, and the registry's own image."""

from __future__ import annotations

import shutil
import subprocess

from bootstrap.errors import ExitCode
from tests.e2e.badinput.case import ORDINARY, Case, Spoiled, Told
from tests.e2e.lab import PROGRAM
from tests.fakes.tls import Authority


def _file_in_place_of_state(site: Spoiled) -> None:
    shutil.rmtree(site.state)
    site.state.write_text("")


def _state(name: str, content: str, mode: int = 0o600) -> object:
    def spoil(site: Spoiled) -> None:
        path = site.state / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    return spoil


def _broken_ca_key(site: Spoiled) -> None:
    _lost_ca_key(site)
    _state("ca/ca.key", "garbage\n")(site)


def _lost_ca_key(site: Spoiled) -> None:
    _state("ca/ca.crt", Authority().pem)(site)


def _read_only(site: Spoiled) -> None:
    site.state.chmod(0o500)
    site.undo.callback(site.state.chmod, 0o700)
    site.prefix = ORDINARY


def _full(site: Spoiled) -> None:
    kept = {path.name: path.read_bytes() for path in site.state.iterdir() if path.is_file()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0700", "tmpfs", str(site.state)], check=True)
    site.undo.callback(subprocess.run, ["umount", str(site.state)], check=True)
    for name, content in kept.items():
        (site.state / name).write_bytes(content)
        (site.state / name).chmod(0o600)


def _home(site: Spoiled) -> None:
    home = site.directory / "home"
    home.mkdir(mode=0o500)
    site.environment["HOME"] = str(home)
    site.prefix = ORDINARY


def _without_ssh(site: Spoiled) -> None:
    site.environment["PATH"] = str(PROGRAM.parent)


def _config(site: Spoiled) -> None:
    site.write("ansible.cfg", "[defaults\nforks = many\n")


def _archive(content: bytes) -> object:
    def spoil(site: Spoiled) -> None:
        path = site.write("registry.tar", content)
        site.set(registry_service_image_archive=str(path))

    return spoil


CASES = (
    Case(
        "state: others may read it",
        lambda site: site.state.chmod(0o755),
        (Told("cannot use the site state", "0755", "chmod -R go="),),
    ),
    Case(
        "state: a file", _file_in_place_of_state, (Told("cannot use the site state", "not a directory", ""),)
    ),
    Case(
        "state: relative path",
        lambda site: site.set(registry_tls_state_dir="state"),
        (Told("registry_tls_state_dir", "absolute path on the controller", ""),),
    ),
    Case(
        "state: empty password",
        _state("credentials/password", "\n"),
        (Told("credentials/password", "empty", "backup"),),
        ExitCode.HOST,
    ),
    Case(
        "state: broken auth file", _state("credentials/auth.json", "{"), (Told("auth.json", "not JSON", ""),)
    ),
    Case(
        "state: broken CA key",
        _broken_ca_key,
        (Told("ca.key", "damaged", "backup"),),
        ExitCode.HOST,
    ),
    Case(
        "state: broken CA",
        _state("ca/ca.crt", "garbage\n"),
        (Told("ca.crt", "not a PEM certificate", "backup"),),
        ExitCode.HOST,
    ),
    Case("state: CA without its key", _lost_ca_key, (Told("ca.key", "missing", "backup"),), ExitCode.HOST),
    Case("state: may not be written", _read_only, (Told("", "", ""),), ExitCode.HOST),
    Case("state: disk full", _full, (Told("", "", ""),), ExitCode.HOST),
    Case("home may not be written", _home, (Told("", "", ""),), ExitCode.HOST),
    Case(
        "no ssh",
        _without_ssh,
        (
            Told("the controller has no ssh", "not on PATH", "install openssh-client"),
            Told("registry1: cannot work out how to reach it", "ssh", "install OpenSSH's client"),
        ),
    ),
    Case("broken ansible.cfg", _config, (Told("", "ansible.cfg", ""),)),
    Case(
        "image archive: garbage",
        _archive(b"garbage"),
        (Told("registry.tar is not an OCI archive", "", "skopeo copy"),),
    ),
    Case(
        "image archive: empty",
        _archive(b""),
        (Told("registry.tar is not an OCI archive", "", "skopeo copy"),),
    ),
    Case(
        "mirror agent missing",
        lambda site: site.set(mirror_content_agent_file="/nowhere/agent.pyz"),
        (Told("mirror_content_agent_file", "no such file", ""),),
    ),
    Case(
        "signing key is garbage",
        lambda site: site.set(mirror_content_signature_key=str(site.write("key.gpg", "garbage\n"))),
        (Told("mirror_content_signature_key", "", ""),),
    ),
    Case(
        "CA of the sources is garbage",
        lambda site: site.set(mirror_content_source_ca=str(site.write("sources.crt", "garbage\n"))),
        (Told("mirror_content_source_ca", "", ""),),
    ),
)
