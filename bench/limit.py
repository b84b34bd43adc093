"""As fast as it can be done at all: raw connections, no plan, no digests, no manifests, nothing checked.

    python -m bench.limit push|read|get|hash FILE

Every worker has one connection to either registry. ``push``: it sends blobs from memory to the destination,
and reads the same blobs from the source to nowhere meanwhile. ``read``: it reads blobs from the destination,
and hashes them. ``get``: it reads blobs and manifests from there to nowhere; ``hash``: and hashes them. FILE
is JSON: ``source``, ``destination``, ``authorization``, ``ca_file``, ``workers``, ``blobs`` with repository,
digest and file of each, and for the last two ``manifests`` with repository and digest.
Prints ``{"seconds", "bytes", "processor"}``, the last in seconds that we had one; making ready (reading
files, connecting) is not in it.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bootstrap.oci.manifest import ACCEPTED

_PIECE = 1024 * 1024


class _Worker:
    def __init__(self, job: dict[str, Any], context: ssl.SSLContext, next_blob: Callable[[], Any]) -> None:
        self._next = next_blob
        self._headers = {"Authorization": job["authorization"]}
        self._source, self._destination = (
            http.client.HTTPSConnection(job[side], context=context) for side in ("source", "destination")
        )
        for connection in (self._source, self._destination):
            connection.connect()
        self._buffer = memoryview(bytearray(_PIECE))

    def push(self) -> None:
        while (blob := self._next()) is not None:
            repository, digest, content = blob
            self._source.request("GET", f"/v2/{repository}/blobs/{digest}", headers=self._headers)
            coming = _good(self._source.getresponse(), 200)
            self._destination.request(
                "POST", f"/v2/{repository}/blobs/uploads/", headers={**self._headers, "Content-Length": "0"}
            )
            begun = _good(self._destination.getresponse(), 202)
            begun.read()
            session = urlsplit(begun.headers["Location"])
            self._destination.putrequest("PUT", f"{session.path}?{session.query}&digest={digest}")
            for name, value in self._headers.items():
                self._destination.putheader(name, value)
            self._destination.putheader("Content-Length", str(len(content)))
            self._destination.endheaders()
            view = memoryview(content)
            for start in range(0, len(content), _PIECE):
                coming.readinto(self._buffer)
                self._destination.sock.sendall(view[start : start + _PIECE])
            while coming.readinto(self._buffer):
                pass
            _good(self._destination.getresponse(), 201).read()

    def get(self) -> None:
        while (blob := self._next()) is not None:
            coming = self._asked(blob)
            while coming.readinto(self._buffer):
                pass

    def read(self) -> None:
        while (blob := self._next()) is not None:
            coming, digest = self._asked(blob), blob[1]
            found = hashlib.sha256()
            while size := coming.readinto(self._buffer):
                found.update(self._buffer[:size])
            assert digest == f"sha256:{found.hexdigest()}"

    def _asked(self, blob: tuple[str, str, bytes | None]) -> http.client.HTTPResponse:
        repository, digest, content = blob
        kind = "manifests" if content is None else "blobs"
        headers = {**self._headers, "Accept": ", ".join(ACCEPTED)}
        self._destination.request("GET", f"/v2/{repository}/{kind}/{digest}", headers=headers)
        return _good(self._destination.getresponse(), 200)


def _good(response: http.client.HTTPResponse, status: int) -> http.client.HTTPResponse:
    if response.status != status:
        raise RuntimeError(f"{response.status}: {response.read()[:500]!r}")
    return response


def main(what: str, job: dict[str, Any]) -> dict[str, float]:
    """Do it, and return the seconds that it took and the bytes."""
    context = ssl.create_default_context(cafile=job["ca_file"])
    blobs: list[Any] = [
        (repository, digest, Path(path).read_bytes() if what == "push" else b"")
        for repository, digest, path in job["blobs"]
    ]
    if what in ("get", "hash"):
        blobs = [*((*each, None) for each in job["manifests"]), *blobs]
    total = sum(Path(path).stat().st_size for _, _, path in job["blobs"])
    left: Iterator[Any] = iter(blobs)
    lock = threading.Lock()

    def next_blob() -> Any:  # noqa: ANN401  # a blob, or None
        with lock:
            return next(left, None)

    failed: list[BaseException] = []

    def work(worker: _Worker) -> None:
        try:
            {"push": worker.push, "read": worker.read, "get": worker.get, "hash": worker.read}[what]()
        except BaseException as error:  # noqa: BLE001  # told by who waits
            failed.append(error)

    workers = [_Worker(job, context, next_blob) for _ in range(job["workers"])]
    threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
    started, processor = time.monotonic(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    processor = time.process_time() - processor
    return {"seconds": time.monotonic() - started, "bytes": total, "processor": processor}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], json.loads(Path(sys.argv[2]).read_text()))))  # noqa: T201  # its answer
