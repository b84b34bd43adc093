"""The site's own credentials on the controller: ``<state>/credentials/{password,auth.json}``."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.credentials import files
from bootstrap.credentials.password import generate, is_random
from bootstrap.credentials.pull_secret import PullSecret, entry
from bootstrap.errors import HostError


@dataclass(frozen=True)
class Password:
    """The registry's password.

    Attributes:
        text: The password; not in the repr.
        is_known: The state held this very password before.
        is_stored: The state held one, this or another.
        is_random: It was made by us, 256 bits, and needs no slow hash.
    """

    text: str = field(repr=False)
    is_known: bool
    is_stored: bool
    is_random: bool


@dataclass(frozen=True)
class Credentials:
    """The directory of one site's credentials; nothing is made before it is needed."""

    directory: Path

    @property
    def password_file(self) -> Path:
        """The password alone, with a line end."""
        return self.directory / "password"

    @property
    def auth_file(self) -> Path:
        """An ``auth.json`` with every registry of the site, for the controller's own use."""
        return self.directory / "auth.json"

    def stored(self) -> str | None:
        """Return the password that this state holds.

        Raises:
            HostError: The file is there and says nothing: a password is never made anew over it.
        """
        content = files.read(self.password_file)
        if content is None:
            return None
        if not (text := content.decode(errors="replace").rstrip("\n")):
            raise HostError(
                f"cannot use {self.password_file}",
                why="the file is empty",
                fix="restore it from a backup; or remove it to have a new password made",
            )
        return text

    def password(self, chosen: str) -> Password:
        """Return the password to use: the chosen, else the stored, else a new one (not stored yet)."""
        stored = self.stored()
        text = chosen or stored or generate()
        return Password(
            text, is_known=text == stored, is_stored=stored is not None, is_random=is_random(text)
        )

    def make(self, chosen: str) -> tuple[Password, bool]:
        """As :meth:`password`, and store it: hosts worked on at the same time get the same one.

        Returns:
            The password, and whether the file was changed.
        """
        with files.locked(self.directory):
            password = self.password(chosen)
            return password, files.replace(self.password_file, f"{password.text}\n".encode())

    def remember(self, location: str, user: str, password: str) -> bool:
        """Put the registry at ``location`` into the controller's auth file; return whether that changed it.

        Raises:
            ConfigError: The file is malformed.
        """
        with files.locked(self.directory):
            merged = self._auths.merged({location: entry(user, password)})
            return files.replace(self.auth_file, merged.to_bytes())

    def is_remembered(self, location: str, user: str, password: str) -> bool:
        """Say whether :meth:`remember` would change nothing."""
        return self._auths.auths.get(location) == entry(user, password)

    def knows(self, location: str) -> bool:
        """Say whether this state ever set up the registry at ``location``."""
        return location in self._auths.auths

    @property
    def _auths(self) -> PullSecret:
        return PullSecret.parse(files.read(self.auth_file), str(self.auth_file))
