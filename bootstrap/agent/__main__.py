"""``python3 -m bootstrap.agent``, and the zipapp's own entry, which leaves a link to its file behind first.

The role replaces the link ``agent.pyz`` when a newer agent comes. Python reads a zipapp as it goes, so a run
has to be started from the file itself, which stays.
"""

from __future__ import annotations

import os
import sys

if __name__ == "__main__":
    given = os.path.abspath(sys.argv[0])  # noqa: PTH100  # before anything else is imported
    real = os.path.realpath(given)
    if os.path.isfile(given) and given != real and not real.endswith(".py"):  # noqa: PTH113  # likewise
        os.execv(sys.executable, [sys.executable, real, *sys.argv[1:]])  # noqa: S606  # ourselves, no shell
    from bootstrap.agent.main import main

    sys.exit(main())
