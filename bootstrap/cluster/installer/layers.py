"""A program out of the layers of an image."""

from __future__ import annotations

import os
from pathlib import Path

from bootstrap.cluster.installer.programs import Program
from bootstrap.errors import NotFound
from bootstrap.oci.manifest import Manifest
from bootstrap.release.layer import copy_file
from bootstrap.store.interface import Source


def write_program(source: Source, repository: str, image: Manifest, program: Program, path: Path) -> None:
    """Write a program to ``path``, whole and right, with the time that it has in the image.

    The upper layers go first: what one of them has, or takes away, is not looked for below.

    Raises:
        NotFound: The image has no such file.
        DigestMismatch: A layer is damaged.
        OSError: The file cannot be written.
    """
    for layer in reversed(image.layers):
        with path.open("wb") as file, source.open_blob(repository, layer) as reader:
            seen = copy_file(layer, reader, program.path, file.write, name=program.component)
        if seen.is_file:
            os.utime(path, (seen.mtime, seen.mtime))
            return
        if seen.is_removed:
            break
    raise NotFound(
        f"there is no {program.path} in the image {program.component}",
        why="none of its layers has it, or one takes it away",
        fix="give another --platform, or see that this is an OpenShift release",
    )
