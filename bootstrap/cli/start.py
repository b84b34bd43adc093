"""The console script's entry: until a command has begun, Ctrl-C ends it quietly.

Reading our own modules takes a while, in which nothing has been done yet that one would have to tell of.
"""

from __future__ import annotations

import signal
from types import FrameType

_INTERRUPTED = 130  # ExitCode.INTERRUPTED, which is among what is still to be read


def main() -> None:
    """Run the command line."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody had it ignored
        signal.signal(signal.SIGINT, _leave)
    from bootstrap.cli.main import main as run

    run()


def hear_ctrl_c() -> None:
    """Let Ctrl-C be a KeyboardInterrupt again: from now on it is told what it has stopped."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(_INTERRUPTED)
