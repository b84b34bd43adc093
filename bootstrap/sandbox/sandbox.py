"""A sandbox: throw-away hosts in one directory, created, listed and destroyed as a whole.

Everything it makes is in ``<directory>/.sandbox`` or named after the directory (`names`), so that creating
again completes what is missing and destroying removes exactly what was made, also after a crash.
"""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from bootstrap.sandbox import inventory, machine, network, ssh, state
from bootstrap.sandbox.bare import bare_image
from bootstrap.sandbox.container import Container
from bootstrap.sandbox.files import locked, set_block
from bootstrap.sandbox.host import SandboxHost
from bootstrap.sandbox.image import image
from bootstrap.sandbox.interface import Guest
from bootstrap.sandbox.names import NETWORKS, Addresses, Names, checked_host_name
from bootstrap.sandbox.release import ReleaseSpec
from bootstrap.sandbox.state import HostState, Kind, State
from bootstrap.sandbox.upstream import NAME as UPSTREAM
from bootstrap.sandbox.upstream import Upstream
from bootstrap.sandbox.vm import Vm
from bootstrap.sandbox.vm_image import vm_image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_T = TypeVar("_T")

_ETC_HOSTS = Path("/etc/hosts")
# Held over what all sandboxes of a machine share: ranges of addresses, /etc/hosts.
_MACHINE_LOCK = Path("/run/lock/bootstrap-registry-sandbox.lock")


@dataclass(frozen=True, slots=True)
class Listed:
    """One line of ``sandbox list``."""

    name: str
    fqdn: str
    address4: str
    address6: str
    kind: Kind
    is_running: bool


def _silent(_message: str) -> None:
    """Say nothing."""


class Sandbox:
    """The sandbox in ``directory``; making the object does nothing yet.

    Args:
        directory: Its files go to ``.sandbox`` below it; a clone's top directory.
        site: The inventory directory that it writes ``sandbox.yml`` and the hosts' keys for; by default
            ``<directory>/inventory``.
    """

    def __init__(self, directory: Path, site: Path | None = None) -> None:
        self.directory = directory.resolve()
        self.site = (site or self.directory / "inventory").resolve()
        self.names = Names.of(self.directory)
        self.folder = self.directory / ".sandbox"
        self._state_file = self.folder / "state.json"
        self._lock_file = self.folder / "lock"
        self._key = self.folder / "ssh/id_ed25519"
        self.known_hosts = self.site / ".bootstrap-registry/known_hosts"

    def create(
        self,
        hosts: Sequence[str] = ("registry1",),
        *,
        upstream: bool = True,
        second_network: Iterable[str] = (),
        bare: Iterable[str] = (),
        ipv6_only: Iterable[str] = (),
        vms: Iterable[str] = (),
        content: ReleaseSpec | None = None,
        progress: Callable[[str], None] = _silent,
    ) -> None:
        """Make these hosts and start them, and those that were made before; what is there is left alone.

        Args:
            hosts: Names; each becomes a running host with SSH, in the inventory of ``site``.
            upstream: Also the host ``upstream``, filled with content; it is in both networks.
            second_network: Which of the hosts also get an interface ``eth1`` in a second network.
            bare: Which of them have only what a minimal server has; see `offer_packages`.
            ipv6_only: Which of them have no IPv4 address, and names with none.
            vms: Which of the hosts are virtual machines; all others are containers.
            content: What the upstream publishes; by default what ``inventory/imageset.yaml`` asks for.
            progress: Told, in a sentence each, what takes long.

        Raises:
            HostError: This machine cannot do it, or a host does not come up.
            ConfigError: A name is not possible.
        """
        second, minimal, only6, virtual = set(second_network), set(bare), set(ipv6_only), set(vms)
        wanted: list[HostState] = []
        for name in dict.fromkeys([*hosts, *second_network, *bare, *ipv6_only, *vms]):
            networks = NETWORKS if name in second else NETWORKS[:1]
            kind: Kind = "vm" if name in virtual else "container"
            wanted += [
                HostState(checked_host_name(name), 0, networks, name in minimal, name in only6, kind=kind)
            ]
        if upstream:
            wanted += [HostState(UPSTREAM, 0, NETWORKS)]
        machine.require(virtual_machines=bool(virtual))
        machine.make_room()
        with locked(self._lock_file, lambda: progress("waiting for another command in this sandbox")):
            current = self._claimed(wanted)
            bases = {
                which: _base(which, progress) for which in {_image_of(h) for h in current.hosts.values()}
            }
            addresses = Addresses(self.names.id, current.range)
            network.make_networks(self.names, addresses)
            public_key = ssh.make_key(self._key, f"sandbox-{self.names.id}")
            made = self._hosts(current)
            names = self._host_table(made)
            _in_parallel(
                lambda host: self._start(host, bases[_image_of(host.state)], public_key, names, progress),
                made,
            )
            self._introduce(made)
            for host in made:
                if host.name == UPSTREAM:
                    self._upstream(host).fill(host.root, content or ReleaseSpec(), progress)

    def offer_packages(self, hosts: Iterable[str], *, progress: Callable[[str], None] = _silent) -> None:
        """Make the upstream a package repository, and the only one that these hosts use.

        What it has is what the ordinary host has and the bare one lacks.

        Args:
            hosts: Names; they run, and so does the upstream.
            progress: Told, in a sentence each, what takes long.
        """
        debs = bare_image(progress).debs
        upstream = self.host(UPSTREAM)
        with locked(self._lock_file, lambda: progress("waiting for another command in this sandbox")):
            self._upstream(upstream).publish_packages(upstream.root, debs)
            for name in hosts:
                self._upstream(upstream).use_packages(self.host(name).root)

    def destroy(self, *, progress: Callable[[str], None] = _silent) -> None:
        """Remove everything that ``create`` made; there need not be anything.

        Raises:
            HostError: A process of a host does not die.
        """
        machine.require()
        if not self._exists():
            progress(f"there is no sandbox beside {self.site}")
            return
        with locked(self._lock_file, lambda: progress("waiting for another command in this sandbox")):
            self._remove(state.load(self._state_file, self.directory), progress)
            (self.site / inventory.FILE_NAME).unlink(missing_ok=True)
            ssh.set_known_hosts(self.known_hosts, self._mark, [])
            with locked(_MACHINE_LOCK):
                set_block(_ETC_HOSTS, self._block, [])
            shutil.rmtree(self.folder)

    def list(self) -> Sequence[Listed]:
        """Return the hosts that were made, in that order; nothing when there is no sandbox."""
        return [
            Listed(host.name, host.fqdn, host.address4, host.address6, host.state.kind, host.is_running())
            for host in self.hosts()
        ]

    def hosts(self) -> Sequence[SandboxHost]:
        """Return handles of the hosts that were made, in that order."""
        current = state.load(self._state_file, self.directory)
        return self._hosts(current) if current is not None else []

    def host(self, name: str) -> SandboxHost:
        """Return the handle of one host.

        Raises:
            KeyError: It was not made.
        """
        return {host.name: host for host in self.hosts()}[name]

    @property
    def _mark(self) -> str:
        return f"sandbox-{self.names.id}"

    @property
    def _block(self) -> str:
        return f"bootstrap-registry sandbox {self.names.id}"

    def _claimed(self, wanted: Sequence[HostState]) -> State:
        """Return the state with these hosts in it, written down before any of them is made."""
        current = state.load(self._state_file, self.directory)
        if current is None:
            self._remove(None, _silent)  # its state was deleted by hand: begin from nothing
            with locked(_MACHINE_LOCK):
                current = State(str(self.directory), network.free_range(self.names))
                network.make_networks(self.names, Addresses(self.names.id, current.range))
        for new in wanted:
            kind = new.kind if new.kind != "container" else None
            current.add(new.name, new.networks, kind, is_bare=new.is_bare, is_ipv6_only=new.is_ipv6_only)
        state.save(self._state_file, current)
        return current

    def _hosts(self, current: State) -> Sequence[SandboxHost]:
        addresses = Addresses(self.names.id, current.range)
        return [
            SandboxHost(
                known, self.names, addresses, self._guest(known, addresses), self._key, self.known_hosts
            )
            for known in current.hosts.values()
        ]

    def _guest(self, known: HostState, addresses: Addresses) -> Guest:
        if known.kind == "container":
            return self._container(known.name)
        return Vm(
            known.name,
            self.names.fqdn(known.name),
            self.folder / "hosts" / known.name,
            self.names.hub,
            self.names.cgroup(known.name),
            addresses.address6(known.number) if known.is_ipv6_only else addresses.address4(known.number),
            self._key,
        )

    def _container(self, name: str) -> Container:
        return Container(
            name,
            self.names.fqdn(name),
            self.folder / "hosts" / name,
            self.names.namespace(name),
            self.names.cgroup(name),
        )

    def _start(
        self, host: SandboxHost, base: Path, public_key: str, names: str, progress: Callable[[str], None]
    ) -> None:
        if not host.is_running():
            progress(f"starting {host.name} ({', '.join(host.own_addresses)})")
        prepare = self._upstream(host).prepare if host.name == UPSTREAM else None
        host.guest.make(base, public_key, prepare)
        host.guest.set_hosts(names)
        host.start()

    def _introduce(self, made: Sequence[SandboxHost]) -> None:
        """Tell the controller and the inventory about the hosts."""
        with locked(_MACHINE_LOCK):
            lines = [f"{address} {host.fqdn}" for host in made for address in host.own_addresses]
            set_block(_ETC_HOSTS, self._block, lines)
        known = [([h.fqdn, h.name, *h.own_addresses], h.guest.host_key) for h in made]
        ssh.set_known_hosts(self.known_hosts, self._mark, known)
        settings: dict[str, object] = {}
        for host in made:
            if host.name == UPSTREAM:
                settings = self._upstream(host).settings()
        inventory.write(self.site, [host for host in made if host.name != UPSTREAM], settings)

    def _upstream(self, host: SandboxHost) -> Upstream:
        return Upstream(self.folder / UPSTREAM, [host.fqdn, host.name, host.address4, host.address6])

    def _host_table(self, made: Sequence[SandboxHost]) -> str:
        """Return ``/etc/hosts`` for every host."""
        lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
        for host in made:
            lines += [f"{address} {host.fqdn} {host.name}" for address in host.own_addresses]
        return "".join(f"{line}\n" for line in lines)

    def _exists(self) -> bool:
        return (
            self.folder.exists() or bool(network.hosts_in_use(self.names)) or self._range_in_use() is not None
        )

    def _range_in_use(self) -> int | None:
        return network.range_in_use(self.names)

    def _remove(self, current: State | None, progress: Callable[[str], None]) -> None:
        """Stop and remove all hosts, known or only found, and the networks."""
        known = list(current.hosts) if current is not None else []
        hosts = [*known, *(name for name in network.hosts_in_use(self.names) if name not in known)]

        def remove(name: str) -> None:
            progress(f"removing {name}")
            container = self._container(name)  # a virtual machine, too, is a control group and a folder
            container.kill()  # nothing of it is kept, so nothing need be shut down in order
            network.detach(self.names, name)
            container.remove()

        _in_parallel(remove, hosts)
        in_use = current.range if current is not None else self._range_in_use()
        if in_use is not None:
            network.remove_networks(self.names, Addresses(self.names.id, in_use))


def _image_of(host: HostState) -> str:
    """Return which image a host is made of."""
    if host.kind == "vm":
        return "vm"
    return "bare" if host.is_bare else "host"


def _base(which: str, progress: Callable[[str], None]) -> Path:
    if which == "vm":
        return vm_image(progress)
    return bare_image(progress).image if which == "bare" else image(progress)


def _in_parallel(work: Callable[[_T], None], items: Sequence[_T]) -> None:
    """Do ``work`` for all items at once; when some fail, raise the first one's error after all have ended."""
    with ThreadPoolExecutor(max_workers=max(1, len(items))) as pool:
        futures = [pool.submit(work, item) for item in items]
    for future in futures:
        future.result()
