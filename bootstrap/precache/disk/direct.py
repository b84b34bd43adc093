"""Writing large files past the page cache: nobody reads them again here, and filling it costs a processor.

On two cores beside a registry this is what the speed of a disk hangs on: see docs/performance.md.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import threading
from collections.abc import Iterable

BUFFER_SIZE = 1024 * 1024  # bytes; a multiple of every block size
_BLOCK = 4096  # bytes: what lengths and places have to be multiples of
_buffers = threading.local()


def write(descriptor: int, chunks: Iterable[bytes]) -> None:
    """Write all of ``chunks`` to a new file, large ones directly where the file system can do that.

    Raises:
        OSError: It cannot be written.
    """
    buffer, used, size = _buffer(), 0, 0
    is_direct = False
    for chunk in chunks:
        view = memoryview(chunk)
        while view:
            if used == BUFFER_SIZE:
                is_direct = is_direct or (not size and _is_direct(descriptor))
                _write(descriptor, buffer)
                size, used = size + used, 0
            taken = min(len(view), BUFFER_SIZE - used)
            buffer[used : used + taken] = view[:taken]
            used, view = used + taken, view[taken:]
    if not is_direct:
        _write(descriptor, buffer[:used])
    elif used:
        _write(descriptor, buffer[: -(-used // _BLOCK) * _BLOCK])
        os.ftruncate(descriptor, size + used)


def _write(descriptor: int, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _buffer() -> memoryview:
    """Return this thread's own memory, which begins with a page."""
    if not hasattr(_buffers, "memory"):
        _buffers.memory = mmap.mmap(-1, BUFFER_SIZE)
    return memoryview(_buffers.memory)


def _is_direct(descriptor: int) -> bool:
    """Have writes go past the page cache; whether the file system can do that."""
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_DIRECT)
    except OSError:
        return False
    return True
