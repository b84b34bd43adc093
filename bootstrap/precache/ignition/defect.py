"""What can be wrong with an Ignition override, by name; docs/precache-ignition.md has the same table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_OURS = "our unit and our script take its place"
# What to do about each; those in the second table are corrected by `--correct`.
_YOURS: Mapping[str, str] = {
    "not-json": "make it JSON: one object with the key ignition",
    "version-needs": "take out what only that version has, and write 3.2.0",
    "unknown-key": "take it out, or correct its spelling: nodes leave it unread",
    "wrong-type": "write it as the Ignition specification has it",
    "missing": "add it",
    "path": "give an absolute path, each once",
    "source": "correct the URL: data, http, https, tftp, s3, gs or arn",
    "overwrite": "give contents.source, or take overwrite out",
    "hash": "give sha512- and 128 hexadecimal digits, or sha256- and 64",
    "compression": "give gzip, or take it out",
    "unit-name": "give a name with a suffix of systemd's, each once",
    "never-enabled": "add an [Install] section, or take enabled out",
    "label": "name the partition otherwise, and say so with --label",
    "size": "take large files out of it",
    "partition-lost": "add --save-partlabel with its name: `precache instance --into` does",
}
_CORRECTED: Mapping[str, str] = {
    "version": "write 3.2.0",
    "key-twice": "keep the last one, which is the one that is read",
    "mode": "write the mode in decimal: 493 is 0755, 420 is 0644, 384 is 0600",
    "apostrophe": "write it as \\u0027",
    "lines": "write it on one line",
    "unit-misnamed": "name it as what refers to it does",
    "mount-bound": "let the script mount, read-only, for as long as it needs it",
    "no-time-limit": "TimeoutStartSec= with a limit",
    "every-boot": "RemainAfterExit=yes, and a condition on what a whole run leaves behind",
    "wanted-twice": "one target, and the service that waits",
    "not-before": "Before= what needs the images",
    "exit-0": "count what failed, name it, and exit with 1",
    "last-line": "read the last line without its end, too; skip blank lines and comments",
    "shared-input": "give what runs in the loop an input of its own",
    "rm-archive": "remove nothing from the disk",
    "stale-name": "say which image it is about",
    "unpacks-on-disk": "unpack elsewhere, where there is room, and clean up however it ends",
    "two-directories": "one directory, checked, and quoted wherever it is used",
    "colon-name": "replace the first colon of the last component alone, as archives are named",
    "counts": "take out duplicates once, then count",
    "unverified": "compare the manifest's sha256 with the digest that is asked for",
    "agent-fix": "leave this file to assisted-service, which writes its own",
    "agent-fix-name": "leave this file to assisted-service",
    "agent-fix-inverted": "leave this file to assisted-service",
    "retry-last": "try again what failed, and count all of it",
    "no-jobs": "at least one job, however few CPUs there are",
    "no-limit": "wait for a job to end before the next begins",
    "rm-disk": "never remove what may still be mounted",
    "grep-name": "compare names as text",
    "needs-programs": "use what every node has",
    "other-unit": _OURS,
    "other-script": _OURS,
}
RULES: Mapping[str, str] = {**_YOURS, **_CORRECTED}


@dataclass(frozen=True)
class Defect:
    """One thing that is wrong with an override.

    Attributes:
        rule: Its name, one of ``RULES``.
        where: Path in the config, ``storage.files[0].mode``, with a script's line after a colon.
        what: What is there, and what comes of it.
        fix: What to do.
        is_corrected: Whether ``--correct`` does it.
    """

    rule: str
    where: str
    what: str
    fix: str
    is_corrected: bool


def found(rule: str, where: str, what: str) -> Defect:
    """Return a defect by the name of its rule."""
    return Defect(rule, where, what, RULES[rule], rule in _CORRECTED)
