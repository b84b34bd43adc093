"""Where a measurement happens: two registries, files for who mirrors, and a way to run a command there.

The destination wants a password, as ours does (htpasswd, cost 5); the source is open, for a registry of the
internet checks passwords with processors of its own.

Commands see a name of the source that is only theirs (``quay.io``), by a mount namespace with another
``/etc/hosts``; and an empty ``/var/lib/containers``, where skopeo remembers what it once pushed.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import content as contents
from bench.registry import CREDENTIALS, Registry, auth_file, registry
from bootstrap.mirror.damaged import blob_file
from bootstrap.oci.digest import Digest
from tests.fakes.tls import Authority

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parent.parent
CACHE = ROOT / ".lab" / "bench"
_ENTER = """\
mount -t overlay -o "lowerdir=/etc,upperdir=$0/etc,workdir=$0/work" overlay /etc
mkdir -p /var/lib/containers
mount -t tmpfs none /var/lib/containers
exec "$@"
"""
_SIGNATURE_BYTES = 10_000
_LOOK_SECONDS = 0.05
_LAST_WORDS = 3000  # characters of a failed command's output that are shown


@dataclass(frozen=True)
class Took:
    """How a command went.

    Attributes:
        seconds: From its start to its end.
        processor: Seconds that it had a processor, its children's included.
        memory: Most bytes that its first process had in memory.
    """

    seconds: float
    processor: float
    memory: int
    output: str = field(repr=False)


@dataclass(frozen=True)
class Room:
    """See above; made by ``room``.

    Attributes:
        directory: For what a command writes.
        ca_file: Of both registries.
        auth: An auth file for both.
    """

    directory: Path
    source: Registry
    destination: Registry
    ca_file: Path
    auth: Path

    def load(self, content: contents.Content) -> Path:
        """Have the source serve ``content``, and return its data directory."""
        data = contents.prepare(content, CACHE)
        if self.source.data != data:
            self.source.serve(data)
        return data

    def reset(self) -> None:
        """Empty the destination, and have the disk do what it has put off: nobody pays for who was before."""
        self.destination.reset()
        os.sync()

    def check(self) -> None:
        """See that the source's blobs have arrived; ``oc`` leaves out the Sigstore signature, a few kB."""
        blobs = contents.blobs(self.source.data)
        files = [blob_file(str(self.destination.data), Digest(digest)) for _, digest, _ in blobs]
        arrived = sum(file.stat().st_size for file in files if file.exists())
        assert arrived >= contents.size(blobs) - _SIGNATURE_BYTES, "not everything has arrived"

    def run(self, argv: Sequence[str], *, codes: Sequence[int] = (0,), **environment: str) -> Took:
        """Run a command to its end.

        Raises:
            RuntimeError: It failed; with its last words.
        """
        log = self.directory / "output"
        enter = ["unshare", "--mount", "sh", "-ec", _ENTER, str(self.directory), *argv]
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "XDG_RUNTIME_DIR": str(self.directory / "user"),  # containers/auth.json is looked for in there
            "SSL_CERT_FILE": str(self.ca_file),
            **environment,
        }
        with log.open("wb") as out:
            started = time.monotonic()
            child = subprocess.Popen(enter, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=variables)
            with _watched(child.pid) as seen:
                _, status, usage = os.wait4(child.pid, 0)
                seconds = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        output = log.read_text(errors="replace")
        if child.returncode not in codes:
            raise RuntimeError(f"{argv} ended with {child.returncode}:\n{output[-_LAST_WORDS:]}")
        return Took(seconds, usage.ru_utime + usage.ru_stime, max(seen), output)

    def write_job(self, data: Path, workers: int) -> Path:
        """Write the file for ``bench.limit``."""
        path = self.directory / "job.json"
        job: dict[str, Any] = {
            "source": self.source.name,
            "destination": self.destination.name,
            "authorization": CREDENTIALS.basic,
            "ca_file": str(self.ca_file),
            "workers": workers,
            "blobs": [(name, digest, str(file)) for name, digest, file in contents.blobs(data)],
        }
        path.write_text(json.dumps(job))
        return path


@contextlib.contextmanager
def _watched(process: int) -> Iterator[list[int]]:
    """Look how much memory a process has, again and again until the end of the ``with``."""
    seen, over = [0], threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            seen.append(_memory(process))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def _memory(process: int) -> int:
    """Return the most bytes that a process had in memory as the program that it is; 0 once it is gone.

    The ``ru_maxrss`` of a child counts what we had in memory when it was born of us, too.
    """
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


@contextlib.contextmanager
def room() -> Iterator[Room]:
    """Make it, and remove it at the end; needs root."""
    CACHE.mkdir(parents=True, exist_ok=True)
    authority = Authority("Bench CA")
    # An address of the loopback that nobody else has, so that its port 443 is free.
    address = f"127.{random.randint(2, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"  # noqa: S311
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=CACHE))
    try:
        hosts = Path("/etc/hosts").read_text() + f"{address} {contents.REGISTRY}\n"
        for name in ("etc", "work"):
            (directory / name).mkdir()
        (directory / "etc/hosts").write_text(hosts)
        with (
            registry(
                directory / "source", authority, host=address, port=443, name=contents.REGISTRY, is_open=True
            ) as source,
            registry(directory / "destination", authority, host="127.0.0.1") as destination,
        ):
            auth = auth_file(directory / "user/containers/auth.json", source.name, destination.name)
            yield Room(directory, source, destination, source.ca_file, auth)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
