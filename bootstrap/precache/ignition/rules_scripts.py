"""What is wrong with scripts that load pre-cached images: those of the documents, and of telco-ran-tools."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bootstrap.precache.ignition.defect import Defect, found

AGENT_FIX = "/usr/local/bin/agent-fix-bz1964591"


@dataclass(frozen=True)
class _Sign:
    """How a defect is known.

    Attributes:
        pattern: Of the line where it is, looked for in the script without its comments.
        unless: Of what makes it none, anywhere in the script.
    """

    rule: str
    pattern: str
    what: str
    unless: str | None = None


_SIGNS = (
    _Sign("exit-0", r"^exit 0\s*\Z", "the service succeeds whatever was not loaded"),
    _Sign(
        "last-line",
        r"^[ \t]*while\s.*\bread\b(?!.*\|\|)",
        "a last line without its end is not loaded, a blank one is",
    ),
    _Sign(
        "shared-input",
        r"^[ \t]*done\s*<",
        "podman, tar and skopeo read from the list, too: what they read is not loaded",
        r"</dev/null",
    ),
    _Sign(
        "rm-archive", r"\brm -f \S*\.gz\b", "the archive is .tgz and stays; removed, it would be missed later"
    ),
    _Sign("stale-name", r"^[ \t]*echo .*Skipping.*\$\{?tar\b", "$tar is of the image before, or of none"),
    _Sign(
        "unpacks-on-disk",
        r"^(?!\s*#).*\btar\b(?!.*(?:-C|--directory))\s.*(?:xvf|zxf|-xf|zxvf)\b",
        "it unpacks where the artefacts are: that has to be writable and have room, and halves stay",
    ),
    _Sign(
        "two-directories",
        r"^[ \t]*pushd\b(?!.*\|\|)",
        "it goes on where this fails; lists are read from elsewhere",
        r"if ! pushd",
    ),
    _Sign(
        "colon-name",
        r"\btr [\"']:[\"'] [\"']_[\"']",
        "every colon becomes _, and archives have their first alone",
    ),
    _Sign(
        "colon-name",
        r"\$\{uri/:/_\}",
        "the first colon of the whole name becomes _: that of the registry's port",
    ),
    _Sign("counts", r"sort -u .*\|\s*wc -l", "it counts without duplicates, and then loads with them"),
    _Sign(
        "unverified",
        r"\bskopeo copy\b",
        "any image is loaded under a name without a digest",
        r"\bsha256sum\b",
    ),
    _Sign(
        "retry-last",
        r"^[ \t]*copy_image [^&\n]*\$\{uri\}[^&\n]*$",
        "the last image is tried once more instead of the failed one, and only its outcome counts",
    ),
    _Sign("no-jobs", r"JOB_POOL_SIZE=.*cut -d \. -f1", "0 jobs on one CPU: it waits for ever"),
    _Sign(
        "no-limit",
        r"job_count=\$\(jobs \| wc -l\)",
        "job_count is not counted up, so that there is no limit to how many run",
        r"job_count=\$\(\(\s*job_count\s*\+|job_count\+\+",
    ),
    _Sign(
        "rm-disk", r"rm -rf \"?\$\{?DATADIR", "it removes all artefacts when the disk could not be unmounted"
    ),
    _Sign("grep-name", r"grep \"\^\$\{?uri", "a name is read as a regular expression"),
    _Sign("needs-programs", r"\bpigz\b|\$\(jq\b", "nodes need not have jq and pigz"),
)


def about_script(where: str, path: str, text: str) -> Iterator[Defect]:
    """Yield what is wrong with a script; ``where`` is the path of its contents in the config."""
    if path == AGENT_FIX:
        yield from _about_agent_fix(where, text)
        return
    lines = text.splitlines()
    code = "\n".join("" if line.lstrip().startswith("#") else line for line in lines)
    for sign in _SIGNS:
        if sign.unless is not None and re.search(sign.unless, code, re.MULTILINE):
            continue
        if match := re.search(sign.pattern, code, re.MULTILINE):
            number = code.count("\n", 0, match.start()) + 1
            quoted = lines[number - 1].strip()
            yield found(sign.rule, f"{where}:{number}", f"`{quoted[:70]}`: {sign.what}")


def _about_agent_fix(where: str, text: str) -> Iterator[Defect]:
    yield found("agent-fix", where, f"{AGENT_FIX} is assisted-service's own, and is replaced")
    if "s/:.*//" in text:
        what = (
            "`sed 's/:.*//'`: cuts repo@sha256:… to repo@sha256 and host:5000/… to host, which podman refuses"
        )
        yield found("agent-fix-name", where, what)
    if re.search(r"image exists .*\|\|\s*echo", text):
        what = "it says `already loaded` of an image that is not, and succeeds whatever it finds"
        yield found("agent-fix-inverted", where, what)
