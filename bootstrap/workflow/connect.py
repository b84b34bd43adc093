"""From a host of the site to a connection to it."""

from __future__ import annotations

import shlex
from typing import assert_never

from bootstrap.errors import ConfigError, HostError, TransferError
from bootstrap.host.interface import Connection
from bootstrap.host.local import LocalConnection
from bootstrap.host.privilege import Privilege
from bootstrap.host.ssh import SshConnection
from bootstrap.host.ssh_config import ask_ssh
from bootstrap.site.model import Host


def connect(host: Host) -> Connection:
    """Return a connection to ``host``; it reaches out on first use. Close it when done.

    Raises:
        ConfigError: The inventory asks for a way to become root that we do not know.
        HostError: OpenSSH does not understand the host's arguments.
    """
    how = host.connection
    privilege = _privilege(host)
    if how.kind == "local":
        return LocalConnection(host.name, privilege)
    if how.kind == "ssh":
        try:
            settings = ask_ssh(
                how.address,
                user=how.user,
                port=how.port,
                private_key_file=how.private_key_file,
                extra_args=shlex.split(how.common_args) + shlex.split(how.extra_args),
            )
        except (TransferError, ValueError) as error:
            why = error.why if isinstance(error, TransferError) else str(error)
            fix = "see ansible_ssh_common_args and ansible_ssh_extra_args of this host"
            raise HostError(f"{host.name}: cannot work out how to reach it", why=why, fix=fix) from error
        return SshConnection(host.name, settings, privilege, how.password)
    assert_never(how.kind)


def _privilege(host: Host) -> Privilege:
    how = host.connection
    if not how.become:
        return Privilege.none()
    if how.become_method != "sudo":
        raise ConfigError(
            f"{host.name}: cannot become root by {how.become_method!r}",
            why="ansible_become_method is set to it, and the driver knows sudo",
            fix="set ansible_become_method: sudo, or log in as root",
        )
    return Privilege.sudo(how.become_password)
