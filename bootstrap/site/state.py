"""What a site knows about itself, kept beside its inventory: CA key, password, known hosts, images.

The roles write most of it (they run by plain ``ansible-playbook``, too); this file knows where everything
is, makes the directory private, and refuses one that others can read.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bootstrap.errors import ConfigError, HostError

if TYPE_CHECKING:
    from pathlib import Path

DEFAULT_NAME = ".bootstrap-registry"
STATE_OPTION = "registry_tls_state_dir"
_IGNORE_ALL = "# Keys and passwords live here: git must not see them.\n*\n"


@dataclass(frozen=True)
class State:
    """The state of one site; nothing is made or changed before :meth:`create`.

    Attributes:
        directory: Absolute; 0700 once it exists.
    """

    directory: Path

    @property
    def ca_key(self) -> Path:
        """The site CA's private key, 0600; it never leaves the controller."""
        return self.directory / "ca" / "ca.key"

    @property
    def ca_crt(self) -> Path:
        """The site CA's certificate."""
        return self.directory / "ca" / "ca.crt"

    def trust(self, host: str) -> Path:
        """What clients of the registry on ``host`` (inventory name) have to trust, PEM."""
        return self.directory / "trust" / f"{host}.crt"

    @property
    def password_file(self) -> Path:
        """The registry user's password, 0600, no line feed needed."""
        return self.directory / "credentials" / "password"

    @property
    def auth_file(self) -> Path:
        """Credentials of every registry of the site as an ``auth.json``, 0600."""
        return self.directory / "credentials" / "auth.json"

    @property
    def known_hosts(self) -> Path:
        """SSH host keys that belong to this site."""
        return self.directory / "known_hosts"

    @property
    def images_dir(self) -> Path:
        """OCI archives that are carried to the hosts."""
        return self.directory / "images"

    @property
    def agent_dir(self) -> Path:
        """The mirror agent's zipapp."""
        return self.directory / "agent"

    def create(self) -> None:
        """Make the directory (0700) and tell git to ignore it; what exists is only checked.

        Raises:
            ConfigError: Others can read it.
            HostError: It cannot be made.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise HostError(
                f"cannot make the site state {self.directory}",
                why=error.strerror or str(error),
                fix="make its parent writable, or set " + STATE_OPTION,
            ) from error
        self.check()
        if not (self.directory / ".gitignore").exists():
            self.write(self.directory / ".gitignore", _IGNORE_ALL.encode())

    def check(self) -> None:
        """Refuse a state that is not private; one that does not exist yet is fine. Changes nothing.

        Raises:
            ConfigError: It is no directory, belongs to somebody else, or others can read it.
        """
        try:
            found = self.directory.stat()
        except FileNotFoundError:
            return
        except OSError as error:
            raise _refused(self.directory, error.strerror or str(error), "make it readable to you") from error
        if not stat.S_ISDIR(found.st_mode):
            raise _refused(self.directory, "it is not a directory", f"move {self.directory} away")
        if found.st_uid != os.geteuid() and os.geteuid() != 0:
            why = f"it belongs to user {found.st_uid} and you are {os.geteuid()}"
            raise _refused(self.directory, why, "work as its owner, or copy the site with its state")
        if found.st_mode & 0o077:
            why = f"its mode is {stat.S_IMODE(found.st_mode):04o}, so others can reach the keys in it"
            raise _refused(self.directory, why, f"chmod -R go= {self.directory}")

    def write(self, path: Path, content: bytes) -> None:
        """Replace one file of the state: all of it or nothing, 0600 from its first byte on.

        Args:
            path: Below the state's directory; missing directories are made, 0700.
            content: The whole of it.

        Raises:
            HostError: It cannot be written.
        """
        assert path.is_relative_to(self.directory), f"{path} is not in {self.directory}"
        try:
            _make_parents(path.parent)
            _replace(path, content)
        except OSError as error:
            raise HostError(
                f"cannot write {path}",
                why=error.strerror or str(error),
                fix="free space there, or make it writable to you",
            ) from error


def _make_parents(directory: Path) -> None:
    # mkdir(parents=True) gives the parents it makes the umask's mode, not ours.
    missing = [path for path in (directory, *directory.parents) if not path.exists()]
    for path in reversed(missing):
        path.mkdir(mode=0o700, exist_ok=True)


def _replace(path: Path, content: bytes) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)  # noqa: PTH105  # the name is mkstemp's text
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)  # noqa: PTH108  # likewise
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)  # the rename, too, survives a power cut
    finally:
        os.close(directory)


def _refused(directory: Path, why: str, fix: str) -> ConfigError:
    return ConfigError(f"cannot use the site state {directory}", why=why, fix=fix)
