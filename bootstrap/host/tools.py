"""Which build of ``oc`` and ``oc-mirror`` a host gets: judged on the controller, before anything is fetched.

The driver's ``check`` and the role ``mirror_tools`` call the same functions, so that they refuse the same in
the same words. An archive is a mapping as ``mirror_tools_archives`` has it: ``tool``, ``version``, ``arch``
(Go's name), ``src`` (a path on the controller, or an https URL), ``sha256``, and where they are needed ``el``
(the build's EL release: 9 or 10) and ``fips``.

Source: mirror.openshift.com/pub/openshift-v4: builds named rhel9 and rhel10 are linked with the glibc of that
release and use its OpenSSL, which FIPS mode demands; those without are static.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bootstrap.errors import BootstrapError, ConfigError, HostError
from bootstrap.release.architecture import SUFFIXES

Archive = Mapping[str, Any]

_GLIBC = {9: (2, 34), 10: (2, 39)}  # what EL 9.0 and EL 10.0 came with; a program runs with a later one
_GO_NAMES = {kernel: go for go, kernel in SUFFIXES.items()}
# Directories of the download site whose content changes with every release.
_MOVING = re.compile(r"(latest|stable|fast|candidate|eus)(-\d+(\.\d+)*)?")
_SETTING = "mirror_tools_archives"


@dataclass(frozen=True)
class Machine:
    """What of a host decides which build runs there.

    Attributes:
        architecture: Go's name.
        glibc: Its version, () where there is none.
        is_fips: The kernel is in FIPS mode.
    """

    architecture: str
    glibc: tuple[int, ...]
    is_fips: bool

    @classmethod
    def seen(cls, facts: Mapping[str, Any]) -> Machine:
        """Return the machine of ``architecture`` (the kernel's name), ``glibc`` ("2.34") and ``fips``."""
        kernel = str(facts["architecture"])
        glibc = tuple(int(word) for word in re.findall(r"\d+", str(facts["glibc"]))[:2])
        return cls(_GO_NAMES.get(kernel, kernel), glibc, bool(facts["fips"]))

    def __str__(self) -> str:
        glibc = f"glibc {'.'.join(map(str, self.glibc))}" if self.glibc else "no glibc"
        return f"{self.architecture} with {glibc}{', in FIPS mode' if self.is_fips else ''}"


def choose(archives: Iterable[Archive], host: str, facts: Mapping[str, Any]) -> list[Archive]:
    """Return one archive for each tool that is listed, in the order of the list.

    Of several builds that run on the host the one made for the latest EL release is taken.

    Raises:
        BootstrapError: As the first of :func:`host_problems`.
    """
    machine, chosen = Machine.seen(facts), []
    for tool, builds in _by_tool(archives).items():
        best = _best(builds, machine)
        if len(best) != 1:
            raise next(host_problems(builds, host, facts), AssertionError(tool))
        chosen.append(best[0])
    return chosen


def host_problems(
    archives: Iterable[Archive], host: str, facts: Mapping[str, Any]
) -> Iterator[BootstrapError]:
    """Yield the tools of which no build runs on the host, or several equally well."""
    machine = Machine.seen(facts)
    for tool, builds in _by_tool(archives).items():
        best = _best(builds, machine)
        if len(best) == 1:
            continue
        if best:
            yield ConfigError(
                f"{host}: {_SETTING} has {len(best)} builds of {tool} that fit it equally well",
                why="; ".join(map(_named, best)),
                fix=f"leave one of them in {_SETTING}",
            )
            continue
        releases = [str(el) for el, glibc in _GLIBC.items() if machine.glibc >= glibc]
        wanted = f"arch {machine.architecture}" + (f" and el {' or '.join(releases)}" if releases else "")
        without = "" if machine.is_fips else " (or no el: the static build)"
        yield HostError(
            f"{host}: no build of {tool} in {_SETTING} runs on it",
            why=f"it is {machine}; listed: "
            + "; ".join(f"{_named(each)}: {_misfit(each, machine)}" for each in builds),
            fix=f"add the build of {tool} with {wanted}{without} to {_SETTING}",
        )


def archive_problems(archives: Iterable[Archive]) -> Iterator[BootstrapError]:
    """Yield what is wrong with the archives themselves: URLs that are not pinned, files that differ."""
    for number, archive in enumerate(archives):
        name, source = f"{_SETTING}[{number}]", str(archive["src"])
        if is_url(source):
            moving = [part for part in urlsplit(source).path.split("/") if _MOVING.fullmatch(part)]
            if moving:
                yield ConfigError(
                    f"{name} takes {archive['tool']} from where it changes",
                    why=f"{moving[0]!r} in {source} is another version tomorrow, and has another sha256",
                    fix=f"pin it: put the directory of the version there, such as {archive['version']}",
                )
            continue
        yield from _file_problems(name, archive, Path(source).expanduser())


def example(tool: str, facts: Mapping[str, Any]) -> str:
    """Return how the build of ``tool`` for a host is listed, as far as that can be known."""
    machine = Machine.seen(facts)
    release = max((el for el, glibc in _GLIBC.items() if machine.glibc >= glibc), default=0)
    built_for = f"el: {release}, " if release else ""
    return (
        f"{{tool: {tool}, version: VERSION, arch: {machine.architecture}, {built_for}src: FILE-OR-URL,"
        " sha256: SHA256}"
    )


def is_url(source: str) -> bool:
    """Say whether an archive is fetched by the mirror host, rather than carried there from the controller."""
    return source.startswith("https://")


def _file_problems(name: str, archive: Archive, path: Path) -> Iterator[BootstrapError]:
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        yield ConfigError(
            f"{name}: cannot read {path} on the controller",
            why=error.strerror or str(error),
            fix=f"put the archive of {archive['tool']} there, or correct its src",
        )
        return
    if found != str(archive["sha256"]).lower():
        yield ConfigError(
            f"{name}: {path} is not the archive of {archive['tool']} that is asked for",
            why=f"its sha256 is {found}, and sha256 says {archive['sha256']}",
            fix="download it again, or correct sha256 from the publisher's sha256sum.txt",
        )


def _by_tool(archives: Iterable[Archive]) -> dict[str, list[Archive]]:
    found: dict[str, list[Archive]] = {}
    for each in archives:
        found.setdefault(str(each["tool"]), []).append(each)
    return found


def _best(builds: Iterable[Archive], machine: Machine) -> list[Archive]:
    fitting = [each for each in builds if not _misfit(each, machine)]
    latest = max((_release(each) for each in fitting), default=0)
    return [each for each in fitting if _release(each) == latest]


def _misfit(archive: Archive, machine: Machine) -> str:
    """Return why a build does not run on the machine; "" when it does."""
    if archive["arch"] != machine.architecture:
        return "another architecture"
    release = _release(archive)
    if release and machine.glibc < (needed := _GLIBC[release]):
        return f"needs glibc {'.'.join(map(str, needed))}"
    if machine.is_fips and not _has_fips(archive):
        return "static, and no build for FIPS mode"
    return ""


def _release(archive: Archive) -> int:
    return int(archive.get("el") or 0)


def _has_fips(archive: Archive) -> bool:
    """Say whether a build uses the host's OpenSSL: as ``fips`` says, else those for an EL release do."""
    said = archive.get("fips")
    return bool(_release(archive)) if said in (None, "") else str(said).lower() in {"true", "yes", "1", "on"}


def _named(archive: Archive) -> str:
    release = f" el{archive['el']}" if archive.get("el") else ""
    return f"{archive['version']} {archive['arch']}{release}"
