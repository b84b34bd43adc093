"""Bad input in the pull secret."""

from __future__ import annotations

import base64
from typing import Any

from tests.e2e.badinput.case import ORDINARY, Case, Spoiled, Told

_FILE = "pull-secret.json"
_NAMED = "pull_secret_file"


def _secret(content: str) -> object:
    return lambda site: site.pull_secret(content)


def _auth(text: str) -> object:
    def change(document: dict[str, Any]) -> None:
        next(iter(document["auths"].values()))["auth"] = text

    return lambda site: site.pull_secret(change)


def _directory(site: Spoiled) -> None:
    (site.inventory / _FILE).mkdir()
    site.set(pull_secret_file=str(site.inventory / _FILE))


def _unreadable(site: Spoiled) -> None:
    site.pull_secret('{"auths": {}}')
    (site.inventory / _FILE).chmod(0o000)
    site.prefix = ORDINARY


def _without_quay(document: dict[str, Any]) -> None:
    document["auths"] = {name: entry for name, entry in document["auths"].items() if "quay" not in name}


CASES = (
    Case(
        "pull secret: missing",
        lambda site: site.set(pull_secret_file="/nowhere/pull-secret.json"),
        (Told(_NAMED, "no such file", ""),),
    ),
    Case(
        "pull secret: a relative path",
        lambda site: site.set(pull_secret_file="pull-secret.json"),
        (Told(_NAMED, "absolute path on the controller", ""),),
    ),
    Case("pull secret: a directory", _directory, (Told(_FILE, "irectory", ""),)),
    Case("pull secret: unreadable", _unreadable, (Told(_NAMED, "may not read", ""),)),
    Case("pull secret: empty", _secret(""), (Told(_FILE, "", "console.redhat.com"),)),
    Case(
        "pull secret: no JSON", _secret('{"auths": {\n}'), (Told(_FILE, "not JSON: see line 2", "json.tool"),)
    ),
    Case("pull secret: a list", _secret("[]"), (Told(_FILE, "not a JSON object", ""),)),
    Case("pull secret: no auths", _secret("{}"), (Told(_FILE, '"auths" has no entry', ""),)),
    Case("pull secret: auths is a list", _secret('{"auths": []}'), (Told(_FILE, '"auths"', ""),)),
    Case("pull secret: no base64", _auth("not base64!"), (Told(_FILE, "not base64 of user:password", ""),)),
    Case(
        "pull secret: no colon",
        _auth(base64.b64encode(b"nobody").decode()),
        (Told(_FILE, "not base64 of user:password", ""),),
    ),
    Case(
        "pull secret: not for a source",
        lambda site: site.pull_secret(_without_quay),
        (Told("has no entry for quay.io/", "the image set takes content from there", "podman login"),),
    ),
)
