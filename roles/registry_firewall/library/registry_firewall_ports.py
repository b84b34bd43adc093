#!/usr/bin/python
"""Opens one port in firewalld's zones, and closes what it opened. Runs on the host's own Python (3.9+)."""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_firewall_ports
short_description: Open a TCP port in the zones that count, permanently and at once
description:
  - Talks to firewalld through C(firewall-cmd), which is there wherever firewalld is; the Python binding that
    C(ansible.posix.firewalld) wants is missing for any interpreter but the system's own.
  - Remembers what it opened in I(state_file), so that it closes that and nothing else - when the port or the
    zones change, and for I(state=absent). A port that somebody else opened stays open.
  - A host without firewalld, or where it does not run, is left alone, and C(reason) says so.
options:
  port:
    description: TCP port.
    type: int
    required: true
  zones:
    description: Zones to open it in; they must exist. Empty for the zones that are really active.
    type: list
    elements: str
    default: []
  state:
    description: Whether the port is open. I(state=absent) closes all that was ever opened.
    type: str
    choices: [present, absent]
    default: present
  state_file:
    description: Where to remember what was opened.
    type: path
    required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Open the port
  registry_firewall_ports:
    port: 5000
    state_file: /etc/bootstrap-registry/firewall.json
"""

RETURN = r"""
actions:
  description: What was done, or would be; one sentence each.
  type: list
  returned: always
zones:
  description: The zones in which the port has to be open.
  type: list
  returned: always
reason:
  description: Why nothing was done, "" when firewalld runs.
  type: str
  returned: always
"""

NOT_RUNNING = 252  # exit code of firewall-cmd


class Firewall:
    """firewalld, as ``firewall-cmd`` shows it.

    Attributes:
        reason: Why there is nothing to talk to; "" when firewalld runs.
        runtime: By zone, the words of its ``ports``, ``interfaces`` and ``sources``, as they are now.
        permanent: The same, as they will be after a reload.
        default: The zone of every interface that is bound to none.
        actions: What was done, or would be.
    """

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.program = module.get_bin_path("firewall-cmd")
        self.reason, self.default = "", ""
        self.runtime: dict[str, dict[str, set[str]]] = {}
        self.permanent: dict[str, dict[str, set[str]]] = {}
        self.actions: list[str] = []
        if self.program is None:
            self.reason = "firewalld is not installed"
            return
        code, out, said = self.call("--list-all-zones")
        if code == NOT_RUNNING:
            self.reason = "firewalld is not running"
            return
        if code != 0:
            module.fail_json(msg=f"firewall-cmd cannot list the zones: {(said or out).strip()}")
        self.runtime, self.default = parse_zones(out)
        self.permanent, _default = parse_zones(self.ask("--permanent", "--list-all-zones"))
        self.default = self.default or self.ask("--get-default-zone").strip()

    def call(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, output and error output of ``firewall-cmd``."""
        done: tuple[int, str, str] = self.module.run_command(
            [self.program, *arguments], environ_update={"LC_ALL": "C", "LANG": "C"}
        )
        return done

    def ask(self, *arguments: str) -> str:
        """Return what ``firewall-cmd`` prints; its failure is the module's."""
        code, out, said = self.call(*arguments)
        if code != 0:
            self.module.fail_json(msg=f"firewall-cmd {' '.join(arguments)} failed: {(said or out).strip()}")
        return out

    def active(self, interfaces: set[str]) -> list[str]:
        """Return the zones that traffic can come in by: those with an interface or a source.

        Args:
            interfaces: Of the host. Whatever is bound to no zone belongs to the default zone.
        """
        used = {name for name, zone in self.runtime.items() if zone["interfaces"] or zone["sources"]}
        bound = {interface for zone in self.runtime.values() for interface in zone["interfaces"]}
        return sorted(used | ({self.default} if interfaces - bound else set()))

    def missing(self, zones: list[str], port: int) -> set[tuple[str, int]]:
        """Return those zones, with the port, where it is not open now or would not be after a reload."""
        return {
            (zone, port)
            for zone in zones
            for known in (self.runtime, self.permanent)
            if zone in known and not is_open(known[zone]["ports"], port)
        }

    def open(self, zone: str, port: int) -> None:
        """Open a port, permanently and at once."""
        for known, where, how in self.both:
            if zone in known and not is_open(known[zone]["ports"], port):
                self.change(f"open {port}/tcp in {zone} {how}", where, zone, f"--add-port={port}/tcp")

    def close(self, zone: str, port: int) -> None:
        """Close a port that we opened, permanently and at once; a range that covers it is not ours."""
        for known, where, how in self.both:
            if zone in known and f"{port}/tcp" in known[zone]["ports"]:
                self.change(f"close {port}/tcp in {zone} {how}", where, zone, f"--remove-port={port}/tcp")

    @property
    def both(self) -> tuple[tuple[dict[str, dict[str, set[str]]], list[str], str], ...]:
        """The two configurations of firewalld: what they hold, their option, and their name."""
        return (self.permanent, ["--permanent"], "permanently"), (self.runtime, [], "at once")

    def change(self, action: str, where: list[str], zone: str, option: str) -> None:
        """Carry out a change, unless this is check mode."""
        self.actions.append(action)
        if not self.module.check_mode:
            self.ask(*where, f"--zone={zone}", option)

    def close_offline(self, zone: str, port: int) -> None:
        """Close a port in the permanent configuration of a firewalld that does not run."""
        program = self.module.get_bin_path("firewall-offline-cmd")
        if program is None:
            return
        code, _out, _said = self.module.run_command([program, f"--zone={zone}", f"--query-port={port}/tcp"])
        if code != 0:
            return
        self.actions.append(f"close {port}/tcp in {zone} permanently")
        if not self.module.check_mode:
            self.module.run_command([program, f"--zone={zone}", f"--remove-port={port}/tcp"], check_rc=True)


class Memory:
    """What this role opened: ``(zone, port)``, kept in a file."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module, self.path = module, Path(module.params["state_file"])
        self.opened: set[tuple[str, int]] = set()
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))["opened"]
            self.opened = {(entry["zone"], int(entry["port"])) for entry in entries}
        except FileNotFoundError:
            pass
        except (ValueError, KeyError, TypeError) as error:
            module.fail_json(
                msg=f"{self.path} cannot be read ({error}); remove it, and look with `firewall-cmd "
                "--list-all-zones` for ports that were opened for the registry and are not wanted any more."
            )

    def keep(self, opened: set[tuple[str, int]]) -> None:
        """Write what is open because of us; nothing open, no file."""
        if self.module.check_mode or opened == self.opened:
            return
        self.opened = opened
        if not opened:
            self.path.unlink()
            with contextlib.suppress(OSError):  # settings of other roles are in it
                self.path.parent.rmdir()
            return
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=self.module.tmpdir)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            entries = [{"zone": zone, "port": port} for zone, port in sorted(opened)]
            file.write(json.dumps({"schema": 1, "opened": entries}, indent=2) + "\n")
        self.module.atomic_move(partial, str(self.path))
        self.module.set_mode_if_different(str(self.path), "0644", False)


def parse_zones(text: str) -> tuple[dict[str, dict[str, set[str]]], str]:
    """Return zones and default zone ("" when not marked) of ``firewall-cmd --list-all-zones``.

    A zone begins at the left margin, ``public (default, active)``; what it holds is indented.
    """
    zones: dict[str, dict[str, set[str]]] = {}
    current, default = "", ""
    for line in text.splitlines():
        header = re.match(r"(\S+)(?:\s+\((.*)\))?\s*$", line)
        if header:
            current = header[1]
            zones[current] = {"ports": set(), "interfaces": set(), "sources": set()}
            default = current if "default" in (header[2] or "") else default
            continue
        key, colon, value = line.strip().partition(":")
        if colon and current and key in zones[current]:
            zones[current][key] = set(value.split())
    return zones, default


def is_open(ports: set[str], port: int) -> bool:
    """Say whether ``5000/tcp`` or a range like ``5000-5010/tcp`` is among the ports."""
    for each in ports:
        span, _slash, protocol = each.partition("/")
        low, _dash, high = span.partition("-")
        if protocol == "tcp" and int(low) <= port <= int(high or low):
            return True
    return False


def host_interfaces() -> set[str]:
    """Return the host's network interfaces, without the loopback that firewalld always lets through."""
    names = Path("/sys/class/net")
    return {each.name for each in names.iterdir() if each.is_dir()} - {"lo"} if names.is_dir() else set()


def present(firewall: Firewall, memory: Memory, port: int, given: list[str]) -> list[str]:
    """Open the port where it belongs, then close what we opened elsewhere; return the zones."""
    unknown = sorted(set(given) - (firewall.runtime.keys() & firewall.permanent.keys()))
    if unknown:
        firewall.module.fail_json(
            msg=f"firewalld has no zone {', '.join(unknown)}; it has {', '.join(sorted(firewall.runtime))}. "
            "Correct registry_firewall_zones, or make the zone first (firewall-cmd --permanent --new-zone)."
        )
    zones = given or firewall.active(host_interfaces())
    # Remembered before it is done: a run that is killed in between leaves nothing open that nobody closes.
    memory.keep(memory.opened | firewall.missing(zones, port))
    for zone in zones:
        firewall.open(zone, port)
    # Without given zones, a zone whose interface is down today keeps its port for tomorrow.
    stale = {(zone, old) for zone, old in memory.opened if old != port or (given and zone not in given)}
    for zone, old in sorted(stale):
        firewall.close(zone, old)
    memory.keep(memory.opened - stale)
    return zones


def absent(firewall: Firewall, memory: Memory) -> None:
    """Close all that we opened; with firewalld stopped, in its files."""
    close = firewall.close_offline if firewall.reason else firewall.close
    for zone, port in sorted(memory.opened):
        close(zone, port)
    if memory.opened:
        firewall.actions.append(f"forget what was opened ({memory.path})")
    memory.keep(set())


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    module = AnsibleModule(
        argument_spec={
            "port": {"type": "int", "required": True},
            "zones": {"type": "list", "elements": "str", "default": []},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "state_file": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    firewall, memory, zones = Firewall(module), Memory(module), []
    if module.params["state"] == "absent":
        absent(firewall, memory)
    elif not firewall.reason:
        zones = present(firewall, memory, module.params["port"], module.params["zones"])
    module.exit_json(
        changed=bool(firewall.actions), actions=firewall.actions, zones=zones, reason=firewall.reason
    )


if __name__ == "__main__":
    main()
