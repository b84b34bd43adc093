"""The file itself: read whole, replaced whole, the old one kept beside it."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.errors import Busy, ConfigError

_MOST_BYTES = 4 * 1024 * 1024  # an install-config of a thousand hosts has less than one


@dataclass(frozen=True)
class ConfigFile:
    """A user's file, as it was read.

    Attributes:
        path: Where it is; a symbolic link was followed.
        content: Its bytes, whole.
    """

    path: Path
    content: bytes

    @classmethod
    def read(cls, path: Path, kind: str = "install-config", *, is_edited: bool = True) -> ConfigFile:
        """Read a file.

        Args:
            path: Of the file.
            kind: What it is, for messages.
            is_edited: Whether it has to be one that can be written, too.

        Raises:
            ConfigError: There is none, it is no file, or it is write-protected.
            HostError: It cannot be read.
        """
        real = path.expanduser().resolve()
        if not real.is_file():
            raise ConfigError(
                f"there is no file {path}",
                why="it is a directory" if real.is_dir() else "nothing of that name is there",
                fix=f"give the path of a file with the {kind}",
            )
        if real.stat().st_size > _MOST_BYTES:
            raise ConfigError(
                f"{path} is no file with one {kind}",
                why=f"it has {real.stat().st_size} bytes, more than {_MOST_BYTES}",
                fix=f"give the path of a file with the {kind}",
            )
        content = files.read(real)
        assert content is not None, "it was there a moment ago"
        if is_edited and not (os.access(real, os.W_OK) and real.stat().st_mode & 0o222):
            file = shlex.quote(str(path))
            raise ConfigError(
                f"not editing {path}",
                why="it is write-protected",
                fix=f"chmod u+w {file}, or edit a copy of it",
            )
        return cls(real, content)

    def text(self) -> str:
        """Return its text.

        Raises:
            ConfigError: It is not UTF-8.
        """
        try:
            return self.content.decode()
        except UnicodeDecodeError as error:
            raise ConfigError(
                f"cannot read {self.path} as text",
                why=f"byte {error.start} is not UTF-8",
                fix="save it as UTF-8",
            ) from error

    def replace(self, text: str, *, is_private: bool = True) -> tuple[bool, Path | None]:
        """Make the file ``text``, 0600 and of the same owner; what it was is kept as ``NAME.~1~``.

        Args:
            text: All of it.
            is_private: Else it keeps the permissions that it has.

        Returns:
            Whether anything was changed, and the old file's new name, when that differs from the new one.

        Raises:
            Busy: Somebody has changed it since it was read.
            HostError: The file system refuses; then the file is as it was.
        """
        if files.read(self.path) != self.content:
            raise Busy(
                f"not writing {self.path}",
                why="somebody has changed it since it was read",
                fix="run it again",
            )
        content = text.encode()
        owner = self.path.stat()
        mode = files.PRIVATE_FILE if is_private else owner.st_mode & 0o777
        backup = None if content == self.content else self._keep(owner)
        try:
            changed = files.replace(self.path, content, mode, owner=(owner.st_uid, owner.st_gid))
        except BaseException:
            if backup is not None:
                backup.unlink(missing_ok=True)
            raise
        return changed, backup

    def _keep(self, owner: os.stat_result) -> Path:
        """Write a numbered backup, as ``cp --backup=numbered`` names them."""
        number = 1
        while (backup := self.path.with_name(f"{self.path.name}.~{number}~")).exists():
            number += 1
        files.replace(backup, self.content, owner=(owner.st_uid, owner.st_gid))
        return backup
