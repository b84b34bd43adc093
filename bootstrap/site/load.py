"""From an inventory to a :class:`Site`, or to every reason why there is none."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.host.host_keys import is_fingerprint
from bootstrap.site.arguments import argument_problems
from bootstrap.site.connection import connection_of
from bootstrap.site.effective import Answer, Effective, ask_ansible
from bootstrap.site.model import Host, Secret, Site
from bootstrap.site.schema import Schema
from bootstrap.site.state import DEFAULT_NAME, STATE_OPTION, State
from bootstrap.site.validate import Finding, almost_ours, judge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

_SANDBOX_FILE = "sandbox.yml"


def load_site(
    inventory: Path,
    *,
    limit: str | None = None,
    extra_vars: Sequence[str] = (),
    vault_args: Sequence[str] = (),
    roles_dir: Path | None = None,
    playbooks_dir: Path | None = None,
    accept_host_keys: Sequence[str] = (),
    more_problems: Callable[[Site], Iterable[BootstrapError]] = lambda _site: (),
) -> Site:
    """Read a site, check all of it, and return it.

    Nothing is changed, no host is reached. The whole site is read and checked, whatever ``limit`` says: the
    registries belong together.

    Args:
        inventory: Inventory directory, or one file in it.
        limit: A host pattern, as ``ansible-playbook --limit``; no ``@file``.
        extra_vars: As ``ansible-playbook -e``, each "@file", "name=value" or JSON; secrets only by "@file".
        vault_args: ``--vault-password-file`` and ``--vault-id`` with their values; nothing that asks.
        roles_dir: Instead of the roles we ship, likewise ``playbooks_dir``.
        playbooks_dir: See ``roles_dir``.
        accept_host_keys: Fingerprints (``SHA256:…``) of host keys to add to the site's known hosts.
        more_problems: Asked when something is wrong already, so that all is told at once; the site it gets
            lacks the values that are wrong.

    Raises:
        ConfigError: One thing is wrong.
        Problems: Several are.
        TransferError: Ansible cannot be run.
    """
    source = _source(inventory)
    _raise([*argument_problems(limit, extra_vars, vault_args), *_fingerprint_problems(accept_host_keys)])
    arguments = _from_anywhere(vault_args, extra_vars)
    schema = Schema.load(roles_dir, playbooks_dir)
    effective = ask_ansible(
        source, schema, limit=limit, arguments=arguments, roles_dir=roles_dir, playbooks_dir=playbooks_dir
    )
    _raise(effective.said.problems)
    return _Loader(source, schema, effective, limit, arguments, accept_host_keys).site(more_problems)


def _source(inventory: Path) -> Path:
    source = inventory.expanduser().absolute()
    source = Path(os.path.normpath(source))
    if not source.exists():
        raise ConfigError(
            f"there is no inventory {inventory}",
            why=f"{source} does not exist",
            fix=f"make one with `bootstrap-registry init {inventory}`, or correct the path after -i",
        )
    if not os.access(source, os.R_OK | (os.X_OK if source.is_dir() else 0)):
        raise ConfigError(
            f"cannot read the inventory {inventory}",
            why="you may not read it",
            fix=f"chmod u+rX {source}, or work as its owner",
        )
    return source


def _from_anywhere(vault_args: Sequence[str], extra_vars: Sequence[str]) -> tuple[str, ...]:
    """Return Ansible's arguments with the path of every file absolute: playbooks run in another directory."""
    words: list[str] = []
    for word in vault_args:
        option, equals, value = word.partition("=") if word.startswith("--") else ("", "", word)
        label, at, file = value.rpartition("@")
        path = os.path.abspath(Path(file).expanduser()) if file else ""  # noqa: PTH100  # "../" goes, too
        words.append(f"{option}{equals}{label}{at}{path}")
    for value in extra_vars:
        is_file = value.startswith("@")
        words += ["-e", f"@{os.path.abspath(Path(value[1:]).expanduser())}" if is_file else value]  # noqa: PTH100
    return tuple(words)


def _fingerprint_problems(given: Sequence[str]) -> Iterator[ConfigError]:
    for fingerprint in given:
        if not is_fingerprint(fingerprint):
            yield ConfigError(
                f"cannot accept the host key {fingerprint!r}",
                why="a fingerprint is SHA256: and 43 characters, as `ssh-keygen -l` prints it",
                fix="on the host's own console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
            )


class _Loader:
    """One load; it exists to keep what every step needs."""

    def __init__(
        self,
        source: Path,
        schema: Schema,
        effective: Effective,
        limit: str | None,
        arguments: tuple[str, ...],
        accept_host_keys: Sequence[str],
    ) -> None:
        self.accepted = frozenset(accept_host_keys)
        self.source, self.schema, self.limit, self.arguments = source, schema, limit, arguments
        self.inventory = source if source.is_dir() else source.parent
        self.answers, self.said = effective.answers, effective.said
        first = next(iter(self.answers.values()), None)
        self.members: Mapping[str, list[str]] = first.members if first else {}
        self.selected = first.selected if first else None

    def site(self, more_problems: Callable[[Site], Iterable[BootstrapError]]) -> Site:
        """Return the site; raises everything that is wrong with it."""
        problems: list[BootstrapError] = [*self._group_problems(), *self._host_failures()]
        state = self._state()
        hosts, found = self._hosts(state)
        problems += found
        problems += _same_location(hosts[name] for name in self._registry_names() if name in hosts)
        problems += self._state_problems(state)
        mirror = (self.members.get("mirror") or self._registry_names() or [""])[0]
        if problems and not {mirror, *self._registry_names()} <= hosts.keys():
            _raise(problems)
        site = self._made(hosts, mirror, state)
        _raise([*problems, *more_problems(site)] if problems else [])
        return site

    def _made(self, hosts: Mapping[str, Host], mirror: str, state: State) -> Site:
        warnings = [text for answer in self.answers.values() for text in almost_ours(answer, self.schema)]
        return Site(
            name=self.inventory.name,
            source=self.source,
            inventory=self.inventory,
            state=state,
            registries=tuple(hosts[name] for name in self._registry_names()),
            mirror_host=hosts[mirror],
            limit=self.limit,
            selected=frozenset(hosts if self.selected is None else set(self.selected) & set(hosts)),
            ansible_arguments=self.arguments,
            web_servers=tuple(hosts[name] for name in self.members.get("web_server", []) if name in hosts),
            warnings=tuple(dict.fromkeys((*self.said.warnings, *warnings))),
        )

    def _registry_names(self) -> list[str]:
        return list(self.members.get("registry", []))

    def _group_problems(self) -> Iterator[ConfigError]:
        if not self.answers and self.said.failures:  # nobody was left to tell us of the groups
            return
        if not self._registry_names():
            yield ConfigError(
                f"{self.source} has no registry",
                why="its group `registry` is missing or has no host",
                fix="put at least one host into the group `registry`"
                + (
                    ", or make the sandbox's: bootstrap-registry sandbox create" if self._is_sandbox() else ""
                ),
            )
        elif self.selected is not None and not set(self.selected) & set(self.answers):
            yield ConfigError(
                f"--limit {self.limit} matches no host of the site",
                why=f"the site has {', '.join(sorted(self.answers))}",
                fix="correct the pattern",
            )
        if len(mirrors := self.members.get("mirror", [])) > 1:
            yield ConfigError(
                f"the group `mirror` has {len(mirrors)} hosts",
                why=f"{', '.join(mirrors)}: one host moves the content and keeps the ledger",
                fix="leave one of them in the group",
            )

    def _host_failures(self) -> Iterator[ConfigError]:
        for host, message in self.said.failures.items():
            yield ConfigError(
                f"{host}: cannot work out how to reach it",
                why=" ".join(message.split()),
                fix="correct the ansible_* variables of this host",
            )

    def _state(self) -> State:
        """Return the site's state: where the registries say, else beside the inventory."""
        for name in self._registry_names():
            value = self.answers[name].values.get(STATE_OPTION) if name in self.answers else None
            if isinstance(value, str) and value.startswith(("/", "~")):
                return State(Path(os.path.normpath(Path(value).expanduser())))
        return State(self.inventory / DEFAULT_NAME)

    def _state_problems(self, state: State) -> Iterator[BootstrapError]:
        told = {
            answer.values[STATE_OPTION] for answer in self.answers.values() if STATE_OPTION in answer.values
        }
        if len(told) > 1:
            yield ConfigError(
                f"{STATE_OPTION} differs between hosts",
                why=f"a site has one state, and these are set: {', '.join(sorted(map(str, told)))}",
                fix="set it once, in group_vars/all.yml",
            )
        try:
            state.check()
        except ConfigError as error:
            yield error

    def _hosts(self, state: State) -> tuple[dict[str, Host], list[ConfigError]]:
        hosts: dict[str, Host] = {}
        found: dict[Finding, list[str]] = {}
        for name, answer in self._in_order().items():
            values, findings = judge(answer, self.schema, self.inventory, state.directory)
            connection, wrong = connection_of(answer)
            findings = [*findings, *wrong, *self._without_address(answer)]
            for finding in findings:
                found.setdefault(finding, []).append(name)
            if connection is not None:
                hosts[name] = Host(
                    name=name,
                    groups=answer.groups,
                    values=_wrapped(values, self.schema),
                    connection=dataclasses.replace(
                        connection, known_hosts=state.known_hosts, accepted_host_keys=self.accepted
                    ),
                    chosen=frozenset(self.schema.options.keys() & answer.names.keys()),
                )
        return hosts, [
            ConfigError(f"{', '.join(names)}: {finding.what}", why=finding.why, fix=finding.fix)
            for finding, names in found.items()
        ]

    def _in_order(self) -> dict[str, Answer]:
        names = dict.fromkeys(name for members in self.members.values() for name in members)
        return {name: self.answers[name] for name in names if name in self.answers}

    def _without_address(self, answer: Answer) -> Iterator[Finding]:
        """Yield the sandbox's hosts while there is no sandbox: its addresses are in a file of its own."""
        has_address = answer.connection["kind"] == "local" or answer.connection.get("host") != answer.host
        if not has_address and self._is_sandbox():
            yield Finding(
                "has no address",
                f"it is a host of the sandbox, and {self.inventory / _SANDBOX_FILE} does not exist yet",
                "bootstrap-registry sandbox create",
            )

    def _is_sandbox(self) -> bool:
        """Say whether the inventory counts on the sandbox's file, and that is not there."""
        if (self.inventory / _SANDBOX_FILE).exists():
            return False
        files = [path for path in self.inventory.glob("*.y*ml") if path.is_file()]
        return any(_SANDBOX_FILE in path.read_text(encoding="utf-8", errors="replace") for path in files)


def _same_location(registries: Iterator[Host]) -> Iterator[ConfigError]:
    by_location: dict[str, list[str]] = {}
    for host in registries:
        if {"registry_service_hostname", "registry_service_port"} <= host.values.keys():
            by_location.setdefault(host.location.lower(), []).append(host.name)
    for location, names in by_location.items():
        if len(names) > 1:
            yield ConfigError(
                f"{', '.join(names)}: both are {location}",
                why="clients could not tell one registry from the other",
                fix="give each its own registry_service_hostname or registry_service_port",
            )


def _wrapped(values: Mapping[str, Any], schema: Schema) -> dict[str, object]:
    """Return the values with secrets wrapped; a secret that is not set is the empty one."""
    return {
        name: Secret(str(value or "")) if schema.options[name].is_secret else value
        for name, value in values.items()
    }


def _raise(problems: Sequence[BootstrapError]) -> None:
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise Problems(problems)
