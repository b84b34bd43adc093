"""Ways to break a host, its network or the site's files; each is a context manager that undoes itself.

Each is called with the world and yields the site to be checked.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bootstrap.process import run
from bootstrap.site.model import Site
from tests.e2e.check.world import World, inside, with_connection, with_settings
from tests.fakes.tls import Authority

Provoke = Callable[[World], contextlib.AbstractContextManager[Site]]

# Everything that is not the site itself, and what the host is broken by, lies here.
SHIM = "#!/bin/sh\n{}\n"


def settings(**values: Any) -> Provoke:
    """Other settings."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        yield with_settings(world.site, values)

    return provoke


def named(**values: Callable[[World], Any]) -> Provoke:
    """Other settings, whose values depend on the world."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        yield with_settings(world.site, {key: value(world) for key, value in values.items()})

    return provoke


def connection(**values: Any) -> Provoke:
    """Other connection variables."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        yield with_connection(world.site, **values)

    return provoke


def both(*ways: Provoke) -> Provoke:
    """Several at once; each yields its own site, and the last one's counts."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        with contextlib.ExitStack() as stack:
            yield [stack.enter_context(way(world)) for way in ways][-1]

    return provoke


def edited(path: str, change: Callable[[str, World], str], provoke: Provoke | None = None) -> Provoke:
    """Another content of a file on the host."""

    @contextmanager
    def provoked(world: World) -> Iterator[Site]:
        file = world.host.root / path
        before, found = file.read_text(), file.stat()
        file.write_text(change(before, world))
        try:
            with (provoke or settings())(world) as site:
                yield site
        finally:
            file.write_text(before)
            os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns))

    return provoked


def not_installed(package: str, program: str, **values: Any) -> Provoke:
    """A package that is not installed, as the host's package manager sees it, and its program gone."""

    def change(text: str, _world: World) -> str:
        return "\n\n".join(
            each for each in text.split("\n\n") if not each.startswith(f"Package: {package}\n")
        )

    return both(edited("var/lib/dpkg/status", change), hidden(program, **values))


def placed(path: str, content: str, mode: int = 0o755) -> Provoke:
    """A file that the host did not have, with its directories."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        file = world.host.root / path
        made = [each for each in (file.parent, *file.parent.parents) if not each.exists()]
        file.parent.mkdir(parents=True, exist_ok=True)
        assert not file.exists()
        file.write_text(content)
        file.chmod(mode)
        try:
            yield world.site
        finally:
            file.unlink()
            for directory in made:
                directory.rmdir()

    return provoke


def hidden(path: str, **values: Any) -> Provoke:
    """A file that is not there, for once."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        file = (world.host.root / path).resolve()
        aside = file.with_name(f"{file.name}.aside")
        file.rename(aside)
        try:
            yield with_settings(world.site, values)
        finally:
            aside.rename(file)

    return provoke


def mounted(path: str, options: str) -> Provoke:
    """A small file system of the host's own on a directory."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        is_new = not (world.host.root / path.lstrip("/")).exists()
        world.inside("mkdir", "-p", path)
        world.inside("mount", "-t", "tmpfs", "-o", options, "tmpfs", path)
        try:
            yield world.site
        finally:
            world.inside("umount", "--lazy", path)
            if is_new:
                world.inside("rmdir", path)

    return provoke


def commands(begin: list[list[str]], end: list[list[str]], on: str = "host", **values: Any) -> Provoke:
    """What programs on the host (or on the upstream) do, and what undoes it."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        machine = world.host if on == "host" else world.upstream
        try:
            for argv in begin:
                inside(machine, *argv)
            yield with_settings(world.site, values)
        finally:
            for argv in end:
                machine.container.inside(argv)

    return provoke


def listening(port: int) -> Provoke:
    """Somebody else's service on the port."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        unit = "--unit=intranet"
        web = ["python3", "-IB", "-m", "http.server", "--directory", "/srv", str(port)]
        world.inside("systemd-run", "--quiet", unit, *web)
        try:
            _wait(world, f"ss -Hltn sport = :{port} | grep -q .")
            yield world.site
        finally:
            world.inside("systemctl", "stop", "intranet")

    return provoke


@contextmanager
def registry_by_hand(world: World) -> Iterator[Site]:
    """A registry in a container that somebody started on our port, with data where ours would be."""
    archive = world.host.root / "var/tmp/registry.tar"
    shutil.copy(world.lab.inventory / ".bootstrap-registry/images/registry.tar", archive)
    world.inside("mkdir", "-p", "/opt/registry/data")
    name = re.search(r"\S+/registry\S*", world.inside("podman", "load", "--input", "/var/tmp/registry.tar"))
    assert name is not None
    options = ["--detach", "--name", "old-registry", "--network", "host"]
    try:
        world.inside(
            *["podman", "run", *options, "--volume", "/opt/registry/data:/var/lib/registry", name[0]]
        )
        _wait(world, "ss -Hltn sport = :5000 | grep -q .")
        yield world.site
    finally:
        world.host.container.inside(["podman", "rm", "--force", "--time", "1", "old-registry"])
        world.host.container.inside(["podman", "rmi", "--force", name[0]])
        archive.unlink()
        shutil.rmtree(world.host.root / "opt/registry")


def provided(change: Callable[[World, Path], dict[str, str]]) -> Provoke:
    """A certificate that the user brings; `change` writes files and returns other paths of them."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        with tempfile.TemporaryDirectory(prefix="provided-") as text:
            folder, authority = Path(text), Authority()
            crt, key = authority.issue(world.name).write(folder)
            (folder / "ca.crt").write_text(authority.pem)
            files = {"certificate": str(crt), "key": str(key), "ca": str(folder / "ca.crt")}
            files |= change(world, folder)
            values = {f"registry_tls_provided_{part}": path for part, path in files.items()}
            yield with_settings(world.site, {"registry_tls_mode": "provided", **values})

    return provoke


def other_certificate(**arguments: Any) -> Callable[[World, Path], dict[str, str]]:
    """Return a change that brings a certificate of the same CA with other dates or names."""

    def change(world: World, folder: Path) -> dict[str, str]:
        authority = Authority()
        names = arguments.pop("names", None) or (world.name,)
        crt, key = authority.issue(*names, **arguments).write(folder / "other")
        (folder / "other.crt").write_text(authority.pem)
        return {"certificate": str(crt), "key": str(key), "ca": str(folder / "other.crt")}

    return change


def other_key(world: World, folder: Path) -> dict[str, str]:
    """A key of another certificate."""
    _, key = Authority().issue(world.name).write(folder / "other")
    return {"key": str(key)}


def other_ca(_world: World, folder: Path) -> dict[str, str]:
    """A CA that did not sign it."""
    (folder / "other.crt").write_text(Authority("Another CA").pem)
    return {"ca": str(folder / "other.crt")}


def pull_secret(change: Callable[[dict[str, Any], World], None]) -> Provoke:
    """Another pull secret."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        document = json.loads(Path(world.setting.text("pull_secret_file")).read_text())
        change(document["auths"], world)
        with tempfile.NamedTemporaryFile("w", prefix="pull-secret-", suffix=".json") as file:
            json.dump(document, file)
            file.flush()
            yield with_settings(world.site, {"pull_secret_file": file.name})

    return provoke


def image_set(change: Callable[[str], str]) -> Provoke:
    """Another image set."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        text = change(Path(world.setting.text("mirror_content_imageset")).read_text())
        with tempfile.NamedTemporaryFile("w", prefix="imageset-", suffix=".yaml") as file:
            file.write(text)
            file.flush()
            yield with_settings(world.site, {"mirror_content_imageset": file.name})

    return provoke


@contextmanager
def ca_without_key(world: World) -> Iterator[Site]:
    """A site state that lost the key of its CA."""
    folder = world.site.state.directory / "ca"
    folder.mkdir(mode=0o700, parents=True)
    (folder / "ca.crt").write_text(Authority().pem)
    world.site.state.directory.chmod(0o700)
    try:
        yield world.site
    finally:
        shutil.rmtree(world.site.state.directory)


@contextmanager
def unknown_host_key(world: World) -> Iterator[Site]:
    """A host that nobody has ever reached from here."""
    with tempfile.TemporaryDirectory() as folder:
        args = f"-o UserKnownHostsFile={folder}/known_hosts -o GlobalKnownHostsFile=/dev/null"
        yield with_connection(world.site, common_args=f"{args} -o StrictHostKeyChecking=yes")


@contextmanager
def other_host_key(world: World) -> Iterator[Site]:
    """A host that is not the one we knew."""
    with tempfile.TemporaryDirectory() as folder:
        known = Path(folder, "known_hosts")
        key = world.upstream.container.host_key.split()[:2]
        known.write_text("".join(f"{name} {' '.join(key)}\n" for name in (world.name, world.host.address4)))
        args = f"-o UserKnownHostsFile={known} -o GlobalKnownHostsFile=/dev/null"
        yield with_connection(world.site, common_args=f"{args} -o StrictHostKeyChecking=yes")


@contextmanager
def other_login_key(world: World) -> Iterator[Site]:
    """A key that the host does not know."""
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder, "key")
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)])
        yield with_connection(world.site, private_key_file=str(key))


def sudoers(rule: str, **changes: Any) -> Provoke:
    """The user `admin`, who may use sudo as `rule` says."""

    @contextmanager
    def provoke(world: World) -> Iterator[Site]:
        folder = world.host.root / "etc/sudoers.d"
        files = [file for file in folder.iterdir() if "admin" in file.read_text()]
        with contextlib.ExitStack() as stack:
            for file in files:
                path = str(file.relative_to(world.host.root))
                stack.enter_context(edited(path, lambda _text, _world: f"{rule}\n")(world))
            assert files, "the sandbox gives admin its right elsewhere"
            yield with_connection(world.site, user="admin", **changes)

    return provoke


def refused_at(port: int, verdict: str, on: str = "upstream") -> Provoke:
    """A firewall that lets nobody at a port of the upstream."""
    table = "inet checkroom"
    rules = f"add table {table}; add chain {table} c {{ type filter hook input priority -200; }};"
    rules += f"add rule {table} c tcp dport {port} {verdict}"
    return commands([["nft", rules]], [["nft", f"delete table {table}"]], on=on)


def _wait(world: World, condition: str) -> None:
    world.inside("timeout", "30", "sh", "-c", f"until {condition}; do sleep 0.05; done")
