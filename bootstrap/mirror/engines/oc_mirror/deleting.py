"""Deleting by oc-mirror v2: it lists first, and deletes what a list names.

Source: oc-mirror v2 at 855b64a: ``internal/pkg/cli/delete.go`` (``ValidateDelete``, ``CompleteDelete``),
``internal/pkg/delete/delete_images.go`` (``WriteDeleteMetaData``, ``DeleteRegistryImages``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, List, Sequence

import yaml

from bootstrap.errors import BootstrapError, HostError, RegistryError
from bootstrap.mirror.deletion import Item
from bootstrap.mirror.engines import classes
from bootstrap.mirror.engines.oc_mirror import command, resources
from bootstrap.mirror.engines.oc_mirror.running import Ended, execute, persist
from bootstrap.oci.digest import Digest

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from bootstrap.mirror.engines.surroundings import Surroundings

_ALLOW = (
    "set registry_service_delete_enabled: true, and run `bootstrap-registry up`; for a registry of your own "
    "set REGISTRY_STORAGE_DELETE_ENABLED=true"
)
_REFUSED = ("unsupported", "405", "method not allowed")


class OcMirrorDelete:
    """oc-mirror for deleting.

    Args:
        surroundings: The mirror host; its ``imageset`` is what is to be deleted.
        program: Its path.
    """

    name = command.NAME

    def __init__(self, surroundings: Surroundings, program: str) -> None:
        self._surroundings = surroundings
        self.version = command.version(surroundings, program)
        directory = surroundings.directory(command.NAME)
        self._commands = command.Commands(program, surroundings.imageset, directory, surroundings.auth_file)

    def items(self, location: str, name: str, stop: threading.Event) -> List[Item]:
        """Return what oc-mirror would delete at ``location``; ``name`` is for files of its own.

        Raises:
            BootstrapError: It cannot list it, or not all of it.
        """
        working_dir = self._commands.working_dir
        resources.keep(working_dir)
        path = working_dir / "delete" / f"delete-images-{name}.yaml"
        argv = self._commands.delete_list(location, name)
        ended = execute(argv, self._surroundings, stop, working_dir=working_dir)
        # It writes a list of what it has found when it has not found all.
        if ended.code:
            raise classes.tool_error(self.name, "oc-mirror cannot list all that is to be deleted", ended.said)
        if not path.is_file():
            return []
        try:
            value = yaml.safe_load(path.read_text(encoding="utf-8"))
            return [_item(each, location) for each in value["items"] or ()]
        except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
            raise HostError(
                f"cannot read {path}", why=repr(error), fix="run the same command again: it is written anew"
            ) from error

    def delete(
        self,
        location: str,
        items: Sequence[Item],
        path: Path,
        stop: threading.Event,
        warn: Callable[[str, str], None],
    ) -> Ended:
        """Have oc-mirror delete ``items`` at ``location``; how that ended is only its word.

        Args:
            location: The registry.
            items: One for each manifest.
            path: The file to write them to.
            stop: Ends it.
            warn: Told when it begins again.

        Raises:
            Stopped: ``stop`` was set.
        """
        listed = [
            {
                "imageName": each.source,
                "imageReference": f"docker://{location}/{each.name}",
                "type": each.type,
            }
            for each in items
        ]
        value = {"kind": "DeleteImageList", "apiVersion": "mirror.openshift.io/v2alpha1", "items": listed}
        path.write_text(yaml.safe_dump(value), encoding="utf-8")

        def attempt(parallel: command.Parallel) -> Ended:
            argv = self._commands.delete(location, parallel, path)
            return execute(argv, self._surroundings, stop, working_dir=self._commands.working_dir)

        return persist(attempt, command.Parallel.of(self._surroundings.parallel), warn, stop)


def engine(surroundings: Surroundings, document: Path) -> OcMirrorDelete | None:
    """Return oc-mirror for deleting what the file ``document`` names; None when it is not installed.

    Raises:
        TransferError: It does not run.
    """
    program = surroundings.find(command.NAME)
    return OcMirrorDelete(replace(surroundings, imageset=document), program) if program else None


def failure(location: str, item: Item, ended: Ended) -> BootstrapError:
    """Return the error for an image that is still there."""
    names = (item.source, f"docker://{item.source}", f"{location}/{item.name}")
    said = next((ended.log.errors[name] for name in names if name in ended.log.errors), None)
    if said is None:
        said = ended.said if ended.code else "it ended with exit code 0, and the image is still there"
    what = f"oc-mirror did not delete {location}/{item.name}"
    if any(word in said.lower() for word in _REFUSED):
        return RegistryError(what, why=f"oc-mirror: {said}", fix=_ALLOW)
    return classes.tool_error(command.NAME, what, said)


def locked(location: str) -> BootstrapError:
    """Return the error for a registry that deletes nothing."""
    what = f"cannot delete images from {location}"
    return RegistryError(what, why="the registry refuses it (405)", fix=_ALLOW)


def _item(value: dict[str, object], location: str) -> Item:
    reference = str(value["imageReference"])
    prefix = f"docker://{location}/"
    if not reference.startswith(prefix):
        raise ValueError(f"{reference} is not in {location}")
    repository, separator, digest = reference[len(prefix) :].partition("@")
    tag = ""
    if not separator:
        repository, _, tag = repository.rpartition(":")
    found = tag or digest
    if not repository or not (tag or Digest.is_digest(digest)):
        raise ValueError(f"{reference} has neither a tag nor a digest")
    return Item(str(value["imageName"]), repository, found, value["type"])
