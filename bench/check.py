"""How long `check` takes on healthy sandbox hosts: medians of several runs, and three hosts against one.

    sudo .venv/bin/python -m bench.check [RUNS]

Whole runs of the command are measured, the reading of the site (Ansible's own start) included.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

from bootstrap.sandbox.release import ReleaseSpec
from tests.e2e.lab import PROGRAM, ROOT, Lab, make_lab

_HOSTS = ("registry1", "registry2", "registry3")
_SMALL = ReleaseSpec(components=2, component_size=10_000, base_sizes=(10_000,))


def main(runs: int) -> None:
    """Make the hosts, bring them up, measure, and remove them."""
    directory = ROOT / ".lab" / "bench-check"
    lab = make_lab(directory, _HOSTS, second_network=(), content=_SMALL)
    try:
        _sites(lab)
        for site in ("one", "three"):
            subprocess.run([PROGRAM, "up", "-i", str(directory / site), "--json"], check=True, **_quiet())  # type: ignore[call-overload]
        # Alternately, so that what else the machine does falls on both alike.
        seconds: dict[str, list[float]] = {"one": [], "three": []}
        for _ in range(runs):
            for site, measured in seconds.items():
                measured.append(_check(directory / site))
    finally:
        lab.sandbox.destroy()
        shutil.rmtree(directory)
    one, three = (statistics.median(seconds[site]) for site in ("one", "three"))
    print(f"check, one host:    median {one:.2f} s of {runs} runs ({_all(seconds['one'])}); bound 5 s")  # noqa: T201  # its purpose
    print(f"check, three hosts: median {three:.2f} s of {runs} runs ({_all(seconds['three'])})")  # noqa: T201
    print(f"three hosts to one: {three / one:.2f}; bound 1.5")  # noqa: T201


def _sites(lab: Lab) -> None:
    for site, hosts in (("one", _HOSTS[:1]), ("three", _HOSTS)):
        shutil.copytree(lab.inventory, lab.directory / site)
        text = "---\nregistry:\n  hosts:\n" + "".join(f"    {host}:\n" for host in hosts)
        (lab.directory / site / "hosts.yml").write_text(text)
        settings = lab.directory / site / "group_vars/all.yml"
        state = f"registry_tls_state_dir: {lab.inventory}/.bootstrap-registry\n"  # one state for both
        settings.write_text(settings.read_text() + state)


def _check(site: Path) -> float:
    begin = time.monotonic()
    subprocess.run([PROGRAM, "check", "-i", str(site), "--json"], check=True, **_quiet())  # type: ignore[call-overload]
    return time.monotonic() - begin


def _quiet() -> dict[str, int]:
    return {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def _all(seconds: list[float]) -> str:
    return " ".join(f"{each:.2f}" for each in sorted(seconds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 7)
