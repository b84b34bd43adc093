"""An odd site of the room: its own inventory directory, hosts of the one lab, and what a user sees of it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bootstrap.sandbox.host import SandboxHost
from bootstrap.site.state import State
from tests.e2e.lab import PROGRAM, Ended, Lab
from tests.e2e.snapshot import Snapshot, snapshot

ADDITIONAL = "registry.redhat.io/ubi9/ubi-micro:latest"
RELEASE = "4.20.9"


@dataclass(frozen=True)
class OddSite:
    """Commands run in `directory`, with `-i inventory`; nothing is shared with another site but the lab."""

    lab: Lab
    directory: Path
    environment: Mapping[str, str]

    @property
    def inventory(self) -> Path:
        return self.directory / "inventory"

    @property
    def state(self) -> State:
        return State(self.inventory / ".bootstrap-registry")

    def host(self, name: str) -> SandboxHost:
        return self.lab.sandbox.host(name)

    def with_environment(self, **values: str) -> OddSite:
        return replace(self, environment={**self.environment, **values})

    def write(
        self,
        *registries: str,
        mirror: str | None = None,
        release: bool = False,
        host_settings: Mapping[str, Mapping[str, object]] | None = None,
        **settings: object,
    ) -> None:
        """Write the site's files.

        Args:
            registries: Names of the sandbox hosts in group `registry`.
            mirror: The host in group `mirror`.
            release: Mirror a signed release, too; else one additional image alone.
            host_settings: Of single hosts.
            settings: Of all.
        """
        (self.inventory / "group_vars").mkdir(parents=True)
        known = yaml.safe_load((self.lab.inventory / "sandbox.yml").read_text())["all"]
        hosts = {name: known["hosts"][name] for name in (*registries, *filter(None, [mirror]))}
        for name, values in (host_settings or {}).items():
            hosts[name] |= values
        groups: dict[str, Any] = {"registry": {"hosts": dict.fromkeys(registries)}}
        if mirror:
            groups["mirror"] = {"hosts": {mirror: None}}
        self._yaml("hosts.yml", {"all": {"hosts": hosts}, **groups})
        self._yaml("group_vars/all.yml", {**known["vars"], **settings})
        self._yaml("imageset.yaml", _image_set(release=release))

    def _yaml(self, name: str, document: object) -> None:
        (self.inventory / name).write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")

    def run(self, *words: str, prefix: tuple[str, ...] = ()) -> Ended:
        """Run `bootstrap-registry WORDS --json -i inventory`."""
        done = subprocess.run(
            [*prefix, str(PROGRAM), *words, "--json", "-i", "inventory"],
            cwd=self.directory,
            env={**os.environ, "COLUMNS": "100", **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=600,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def get(self, url: str, *options: str, ca: str, auth: bool = False) -> int:
        """Return the status that a GET is answered with, over TLS checked by `ca` alone; 0 for no answer.

        Args:
            url: With host name and port.
            options: More of curl's.
            ca: The registry host whose trust bundle to use.
            auth: As the mirror's user.
        """
        words = ["curl", "--silent", "--max-time", "10", "--cacert", str(self.state.trust(ca))]
        words += ["--output", "/dev/null", "--write-out", "%{http_code}", "--config", "-", "--noproxy", "*"]
        user = f'user = "mirror:{self.state.password_file.read_text().strip()}"\n' if auth else ""
        done = subprocess.run(
            [*words, *options, url], input=user, capture_output=True, text=True, timeout=30, check=False
        )
        return int(done.stdout or 0)


@dataclass(frozen=True)
class Ups:
    """A site whose `up` was run, and mostly once more."""

    site: OddSite
    first: Ended
    second: Ended | None = None

    def is_good(self, *hosts: str, port: int = 5000, images: int = 1) -> bool:
        """Assert that `up` did what it is for, on every registry host, and nothing if it was run again."""
        result = self.first.result
        assert result["mirrored"]["images"] == images
        filled = {entry["location"]: entry for entry in result["mirrored"]["finished"]["registries"]}
        for name in hosts:
            location = f"{self.site.host(name).fqdn}:{port}"
            assert f"https://{location}" in result["urls"]
            assert filled[location]["images"] == images
            url = f"https://{location}/v2/"
            assert self.site.get(url, ca=name) == 401
            assert self.site.get(f"{url}ubi9/ubi-micro/manifests/latest", ca=name, auth=True) == 200
        if self.second is not None:
            again = self.second.result
            assert (again["changed"], again["mirrored"]["is_new"]) == (0, False)
        return True


def up_once(site: OddSite) -> Ups:
    """Run `up`: where what is odd cannot make a difference the second time."""
    return Ups(site, site.run("up"))


def up_twice(site: OddSite, *words: str, prefix: tuple[str, ...] = ()) -> Ups:
    """Run `up` and, when that ended well, once more."""
    first = site.run("up", *words, prefix=prefix)
    return Ups(site, first, site.run("up", *words, prefix=prefix) if first.code == 0 else first)


def told(ended: Ended) -> str:
    """Return all that `up` told while it ran and when it ended, for a look at its words."""
    return f"{ended.err}\n{json.dumps(json.loads(ended.out), ensure_ascii=False)}"


def looks(host: SandboxHost) -> Snapshot:
    """Return what a host looks like; its table of names grows with every host that another story makes."""
    found = snapshot(host)
    files = {name: entry for name, entry in found.files.items() if name not in ("/etc", "/etc/hosts")}
    return replace(found, files=files)


def _image_set(*, release: bool) -> dict[str, object]:
    mirror: dict[str, object] = {"additionalImages": [{"name": ADDITIONAL}]}
    if release:
        channel = {"name": "stable-4.20", "minVersion": RELEASE, "maxVersion": RELEASE}
        mirror["platform"] = {"architectures": ["amd64"], "channels": [channel]}
    return {"apiVersion": "mirror.openshift.io/v2alpha1", "kind": "ImageSetConfiguration", "mirror": mirror}
