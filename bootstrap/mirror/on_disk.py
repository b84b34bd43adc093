"""A registry whose data is on this machine: whether it has a blob is seen on the disk, without a request.

What distribution looks at when it is asked is looked at here: the link of the repository and the size of the
blob's file. It may answer from a cache; the disk does not. What is not found so is asked for as
anywhere else: a data directory that is not the registry's costs requests, and nothing more.

Source: distribution, ``registry/storage/linkedblobstore.go`` (``Stat``) and ``paths.go``.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrap.mirror.damaged import blob_file
from bootstrap.store.remote import RemoteStore

if TYPE_CHECKING:
    from bootstrap.oci.descriptor import Descriptor
    from bootstrap.registry.client import RegistryClient


class OnDisk(RemoteStore):
    """A ``Source`` to look at, before and after moving; whoever moves asks the registry itself.

    Args:
        client: Closed by who made it.
        data_dir: Where the registry keeps its data on this machine.
        asks: In every repository the registry is asked for a blob that the disk has, before the disk is
            believed there.

    Attributes:
        is_foreign: The registry did not have a blob that the disk has: these are not its data, and whatever
            was seen on the disk has to be asked for.
    """

    def __init__(self, client: RegistryClient, data_dir: str, *, asks: bool = False) -> None:
        super().__init__(client)
        self._data_dir, self._asks = data_dir, asks
        self._repositories = Path(data_dir, "docker/registry/v2/repositories")
        self._agreed: set[str] = set()
        self._asking: dict[str, threading.Lock] = {}  # by repository: one request, and all others wait for it
        self.is_foreign = False

    def blob_exists(self, repository: str, descriptor: Descriptor) -> bool:
        """See ``Source``."""
        if self.is_foreign or not self._is_there(repository, descriptor):
            return super().blob_exists(repository, descriptor)
        if not self._asks:
            return True
        with self._asking.setdefault(repository, threading.Lock()):
            if repository in self._agreed:
                return True
            answer = super().blob_exists(repository, descriptor)
            if answer:
                self._agreed.add(repository)
            else:
                self.is_foreign = True
            return answer

    def _is_there(self, repository: str, descriptor: Descriptor) -> bool:
        link = self._repositories / repository / "_layers" / "sha256" / descriptor.digest.hex / "link"
        try:
            return (
                link.read_text(encoding="ascii") == str(descriptor.digest)
                and os.stat(blob_file(self._data_dir, descriptor.digest)).st_size == descriptor.size  # noqa: PTH116  # many thousands
            )
        except (OSError, ValueError):
            return False
