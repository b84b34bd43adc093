"""The command lines of oc-mirror v2, and what its version says. No secret is ever among the arguments.

Source: oc-mirror v2 at 855b64a: ``internal/pkg/cli/executor.go`` (``NewMirrorCmd``, ``Validate``).
"""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional

from bootstrap import process
from bootstrap.errors import TransferError

if TYPE_CHECKING:
    from bootstrap.mirror.engines.surroundings import Surroundings

NAME = "oc-mirror"
_MOST_IMAGES, _MOST_LAYERS = 10, 5


@dataclass(frozen=True)
class Parallel:
    """How much at once: images, and layers of each."""

    images: int
    layers: int

    @classmethod
    def of(cls, blobs: int) -> Parallel:
        """Return what comes near to ``blobs`` at once; oc-mirror takes 1 to 10."""
        return cls(max(1, min(_MOST_IMAGES, blobs)), max(1, min(_MOST_LAYERS, blobs)))

    def fewer(self) -> Parallel:
        """Return half of it."""
        return Parallel(max(1, self.images // 2), max(1, self.layers // 2))


@dataclass(frozen=True)
class Commands:
    """Command lines for one mirror host.

    Attributes:
        program: Its path.
        imageset: The image set's file.
        directory: Its own, for workspace and cache.
        ignores_signature: Of a single release that is named by itself; of channels it always looks at them.
        archive: The directory that archives are written to or read from; None from mirror to mirror.
    """

    program: str
    imageset: Path
    directory: Path
    auth_file: Path | None
    ignores_signature: bool = False
    archive: Optional[Path] = None

    @property
    def working_dir(self) -> Path:
        """Where oc-mirror keeps logs, cluster resources and the rest."""
        return (self.archive or self.directory) / "working-dir"

    def mirror(
        self, location: str, parallel: Parallel, *, dry_run: bool = False, signatures: bool = True
    ) -> List[str]:
        """Return the command that fills the registry ``location``, from the sources or from the archives.

        ``signatures`` is as for :meth:`to_disk`, and means nothing without archives.
        """
        if self.archive:
            words = ["--from", f"file://{self.archive}", *_signatures(copied=signatures)]
            return [*self._base(parallel), *words, f"docker://{location}"]
        words = ["--workspace", f"file://{self.directory}", *(["--dry-run"] if dry_run else [])]
        return [*self._base(parallel), *words, f"docker://{location}"]

    def to_disk(self, parallel: Parallel, *, dry_run: bool = False, signatures: bool = True) -> List[str]:
        """Return the command that mirrors from the sources to archives in the directory ``archive``.

        Args:
            parallel: How much at once.
            dry_run: Only say what would be copied.
            signatures: Whether the images of releases have Sigstore signatures: without them oc-mirror writes
                no archive, unless it is told not to copy any (``internal/pkg/archive/archive.go``,
                ``handleSignatureErrors``).
        """
        words = [*(["--dry-run"] if dry_run else []), *_signatures(copied=signatures)]
        return [*self._base(parallel), *words, f"file://{self.archive}"]

    def delete_list(self, location: str, name: str) -> List[str]:
        """Return the command that only lists what to delete, as ``delete/delete-images-NAME.yaml``."""
        words = ["--generate", "--workspace", f"file://{self.directory}", "--delete-id", name]
        return [self.program, "delete", *self._common()[1:], *words, f"docker://{location}"]

    def delete(self, location: str, parallel: Parallel, listed: Path) -> List[str]:
        """Return the command that deletes what the file ``listed`` names; its cache keeps what it has."""
        # It takes no image set then.
        words = [word for word in self._common()[1:] if word not in ("--config", str(self.imageset))]
        words += [*self._parallel(parallel), "--delete-yaml-file", str(listed)]
        return [self.program, "delete", *words, f"docker://{location}"]

    def _base(self, parallel: Parallel) -> List[str]:
        words = ["--ignore-release-signature"] if self.ignores_signature else []
        return [*self._common(), *self._parallel(parallel), *words]

    def _common(self) -> List[str]:
        auth = ["--authfile", str(self.auth_file)] if self.auth_file else []
        # Its own registry listens on that port while it works; any that is free will do.
        own = ["--cache-dir", str(self.directory / "cache"), "--port", str(_free_port())]
        return [self.program, "--v2", "--config", str(self.imageset), *auth, *own]

    @staticmethod
    def _parallel(parallel: Parallel) -> List[str]:
        return ["--parallel-images", str(parallel.images), "--parallel-layers", str(parallel.layers)]


def own_registry(argv: List[str]) -> str:
    """Return the location of the registry that oc-mirror runs itself when it is called so."""
    return f"localhost:{argv[argv.index('--port') + 1]}"


def _signatures(*, copied: bool) -> List[str]:
    return [] if copied else ["--remove-signatures"]


def version(surroundings: Surroundings, program: str) -> str:
    """Return the version of oc-mirror at ``program``; ``unknown`` where it does not say.

    Raises:
        TransferError: It does not run.
    """
    env = {"PATH": "/usr/bin:/bin", "HOME": str(surroundings.workspace), "LC_ALL": "C.UTF-8"}
    done = process.run([program, "version", "--output", "json"], timeout_seconds=60.0, env=env, check=False)
    said = done.stdout[done.stdout.find("{") :] if "{" in done.stdout else ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(said)["clientVersion"]["gitVersion"])
    if done.returncode != 0:
        raise TransferError(
            f"cannot run {program}",
            why=f"asked for its version, it ended with exit code {done.returncode}: "
            + (done.stderr.strip() or done.stdout.strip())[-500:],
            fix="install the build that fits this host (its EL version and architecture)",
        )
    return "unknown"


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
