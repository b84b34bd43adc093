"""The files of a catalog, out of the layers of its image: what a container would see of one directory.

Source: OCI image-spec v1.1, layer.md, "Whiteouts"; operator-framework/operator-registry,
``alpha/declcfg/load.go`` (``walkFiles``: every file below the directory but what ``.indexignore`` names).
"""

from __future__ import annotations

import fnmatch
from typing import TYPE_CHECKING, Callable, Dict, Iterator, List, Set

from bootstrap.release.layer import walk_layer

if TYPE_CHECKING:
    from bootstrap.oci.manifest import Manifest
    from bootstrap.release.layer import Entry
    from bootstrap.store.interface import Source

IGNORE = ".indexignore"
_OPAQUE, _GONE = ".wh..wh..opq", ".wh."
_IGNORE_LIMIT = 64 * 1024  # bytes


class Files:
    """Hands on every file that is visible below a directory, each once.

    Args:
        directory: Without a leading ``/``.
        take: Gets the path and what to read it with.
    """

    def __init__(self, directory: str, take: Callable[[str, Callable[[int], bytes]], None]) -> None:
        self._directory, self._take = directory, take
        self._taken: Set[str] = set()  # what upper layers have in the place of whatever lower ones have there
        self._hidden: Set[str] = set()  # what upper layers take away, with all below it
        self.links: List[str] = []  # neither files nor directories
        self.ignored: Dict[str, List[str]] = {}  # patterns by the directory that they are for

    def read(self, source: Source, repository: str, image: Manifest, *, name: str) -> None:
        """Read the layers from the top down, until one hides the directory as a whole.

        Raises:
            RegistryError: A layer cannot be read.
            DigestMismatch: A layer is damaged.
        """
        for layer in reversed(image.layers):
            with source.open_blob(repository, layer) as reader:
                found = tuple(self._of_layer(walk_layer(layer, reader, name=name)))
            for path, is_hiding in found:  # a layer hides what is below it, never its own
                (self._hidden if is_hiding else self._taken).add(path)
            if self._is_hidden(self._directory):
                return

    def is_ignored(self, path: str) -> bool:
        """Say whether an ``.indexignore`` names a file."""
        for folder, patterns in self.ignored.items():
            rest = path[len(folder) + 1 :] if path.startswith(f"{folder}/") else ""
            parts = rest.split("/")
            starts = ["/".join(parts[: number + 1]) for number in range(len(parts))]
            for pattern in patterns:
                plain = pattern.strip("/")
                tried = starts if "/" in pattern.rstrip("/") else parts
                tried = tried[:-1] if pattern.endswith("/") else tried
                if rest and any(fnmatch.fnmatchcase(each, plain) for each in tried):
                    return True
        return False

    def _of_layer(self, entries: Iterator[Entry]) -> Iterator[tuple[str, bool]]:
        """Take the files of a layer; yield what it has, and (True) what it takes away."""
        for entry in entries:
            folder, _, last = entry.path.rpartition("/")
            if last == _OPAQUE:
                yield folder, True
            elif last.startswith(_GONE):
                yield f"{folder}/{last[len(_GONE) :]}".lstrip("/"), True
            elif entry.kind != "directory":
                if self._is_below(entry.path) and not self._is_hidden(entry.path):
                    self._give(entry)
                if self._is_below(entry.path) or self._directory.startswith(entry.path):
                    yield entry.path, False

    def _give(self, entry: Entry) -> None:
        folder, _, last = entry.path.rpartition("/")
        if entry.kind != "file":
            self.links.append(entry.path)
            return
        if last != IGNORE:
            self._take(entry.path, entry.read)
            return
        lines = entry.read(_IGNORE_LIMIT).decode("utf-8", "replace").splitlines()
        self.ignored[folder] = [line.strip() for line in lines if line.strip() and line[0] not in "#!"]

    def _is_below(self, path: str) -> bool:
        return path.startswith(f"{self._directory}/")

    def _is_hidden(self, path: str) -> bool:
        """Say whether an upper layer has something in the place of ``path``, or takes it away."""
        parts = path.split("/")
        places = {"/".join(parts[: number + 1]) for number in range(len(parts))}
        return bool(places & self._hidden or places & self._taken) or "" in self._hidden
