"""From a host of the site to a connection to it, and what Ansible needs to go the same way."""

from __future__ import annotations

import shlex
from contextlib import closing
from typing import assert_never

from bootstrap.errors import BootstrapError, HostError, Problems, TransferError
from bootstrap.host.interface import Connection
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Privilege
from bootstrap.host.ssh import SshConnection
from bootstrap.host.ssh_config import SshSettings, ask_ssh
from bootstrap.host.ssh_session import HostKeys
from bootstrap.site.effective import ansible_settings
from bootstrap.site.model import Host, Site


def connect(host: Host) -> Connection:
    """Return a connection to ``host``; it reaches out on first use. Close it when done.

    Raises:
        HostError: OpenSSH does not understand the host's arguments.
    """
    how = host.connection
    privilege = _privilege(host)
    if how.kind == "local":
        return LocalConnection(host.name, privilege)
    if how.kind == "ssh":
        good = HostKeys(how.known_hosts, how.accepted_host_keys)
        return SshConnection(host.name, ssh_settings(host), privilege, how.password, good)
    assert_never(how.kind)


def reach(site: Site) -> None:
    """See that the hosts that the limit selects let us in; a host key is accepted where the user says so.

    Raises:
        Problems: Some do not.
    """
    problems = []
    for host in site.hosts:
        if site.selected and host.name not in site.selected:
            continue
        try:
            with closing(connect(host)) as connection:
                connection.run(["true"], as_root=True)
        except BootstrapError as error:
            problems.append(error)
    if problems:
        raise Problems(problems)


def ssh_settings(host: Host) -> SshSettings:
    """Return what OpenSSH would do for ``host``.

    Raises:
        HostError: OpenSSH does not understand the host's arguments.
    """
    how = host.connection
    try:
        return ask_ssh(
            how.address,
            user=how.user,
            port=how.port,
            private_key_file=how.private_key_file,
            extra_args=[
                word for text in (how.ssh_args, how.common_args, how.extra_args) for word in shlex.split(text)
            ],
        )
    except (TransferError, ValueError) as error:
        fix = "see ansible_ssh_common_args and ansible_ssh_extra_args of this host"
        if isinstance(error.__cause__, OSError):  # there is no ssh
            fix = "install OpenSSH's client, or put it on PATH"
        raise HostError(
            f"{host.name}: cannot work out how to reach it",
            why=error.why if isinstance(error, TransferError) else str(error),
            fix=fix,
        ) from error


def ansible_environment(site: Site) -> dict[str, str]:
    """Return the ``ANSIBLE_*`` settings under which our playbooks read the inventory and reach the hosts.

    The host keys that the site has accepted count for Ansible's ssh, too. They come as a system-wide file:
    ``UserKnownHostsFile`` is often the user's own choice, and stays that.
    """
    hosts = [host for host in site.hosts if host.connection.kind == "ssh"]
    # A variable wins over the environment, so such a host has to name the file itself (docs/connections.md).
    told = [host for host in hosts if not host.connection.has_own_ssh_args]
    files: dict[str, None] = {}
    for host in told:
        try:
            files |= dict.fromkeys(ssh_settings(host).global_known_hosts)
        except BootstrapError:  # whoever connects to it says why
            continue
    settings = ansible_settings(site.source)
    if told:
        # ssh splits the value at spaces, so a path with one is quoted a second time, for ssh.
        value = " ".join([*files, f'"{site.state.known_hosts}"'])
        option = shlex.join(["-o", f"GlobalKnownHostsFile={value}"])
        settings["ANSIBLE_SSH_ARGS"] = f"{told[0].connection.ssh_args} {option}".strip()
    return settings


def _privilege(host: Host) -> Privilege:
    how = host.connection
    if not how.become:
        return Privilege.none()
    return Privilege(how.become_method, how.become_password, how.become_program)
