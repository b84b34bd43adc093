"""Bad input in the image set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.e2e.badinput.case import Case, Told

_NAME = "imageset.yaml"


_GOOD = """\
apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror: {additionalImages: [{name: quay.io/a/b:1}]}
"""


def _text(text: str) -> object:
    return lambda site: site.write(_NAME, text)


def _case(name: str, change: Callable[[dict[str, Any]], object], why: str, fix: str = "") -> Case:
    """Return the case of an image set that is changed in one place."""
    return Case(f"image set: {name}", lambda site: site.image_set(change), (Told(_NAME, why, fix),))


def _platform(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["mirror"]["platform"].update(values)


def _channel(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["mirror"]["platform"]["channels"][0].update(values)


def _mirror(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda document: document["mirror"].update(values)


CASES = (
    Case(
        "image set: missing",
        lambda site: (site.inventory / _NAME).unlink(),
        (Told(_NAME, "no such file", ""),),
    ),
    Case(
        "image set: a directory",
        lambda site: ((site.inventory / _NAME).unlink(), (site.inventory / _NAME).mkdir()),
        (Told(_NAME, "irectory", ""),),
    ),
    Case("image set: empty", _text(""), (Told(_NAME, "", ""),)),
    Case("image set: no YAML", _text("kind: [\n"), (Told(_NAME, "line", "syntax"),)),
    Case(
        "image set: tab",
        _text("kind: ImageSetConfiguration\nmirror:\n\tplatform:\n"),
        (Told(_NAME, "line 3", "syntax"),),
    ),
    Case("image set: a list", _text("- kind: ImageSetConfiguration\n"), (Told(_NAME, "mapping", ""),)),
    Case("image set: several documents", _text("---\nkind: A\n---\nkind: B\n"), (Told(_NAME, "", ""),)),
    Case(
        "image set: key given twice",
        _text(_GOOD + "kind: ImageSetConfiguration\n"),
        (Told(_NAME, "line 4: the key kind is there twice", ""),),
    ),
    _case(
        "version 1 of the format",
        lambda document: document.update(apiVersion="mirror.openshift.io/v1alpha2"),
        "v1alpha2 is the format of oc-mirror v1",
    ),
    _case(
        "another kind",
        lambda document: document.update(kind="DeleteImageSetConfiguration"),
        "it has to be ImageSetConfiguration",
    ),
    _case(
        "unknown key",
        _platform(chanels=[]),
        "mirror.platform.chanels: there is no such key; did you mean channels?",
    ),
    _case("nothing to mirror", lambda document: document.update(mirror={}), "nothing to mirror"),
    _case(
        "versions the wrong way round",
        _channel(minVersion="4.20.9", maxVersion="4.20.8"),
        "4.20.8 is older than the minVersion 4.20.9",
    ),
    _case("version that is none", _channel(minVersion="4.20.x"), "4.20.x"),
    _case("version that is a number", _channel(minVersion=4.20), "put it in quotes"),
    _case("channel without a name", _channel(name=None), "channels[0].name: it is missing"),
    _case(
        "channel of an unknown form",
        _channel(name="4.20", minVersion=None, maxVersion=None),
        "channels[0].name",
    ),
    _case("architecture", _platform(architectures=["x86_64"]), "'x86_64' is none of amd64"),
    _case(
        "image without tag",
        _mirror(additionalImages=[{"name": "quay.io/example/image"}]),
        "neither a tag nor a digest",
    ),
    _case(
        "image without registry", _mirror(additionalImages=[{"name": "ubi9/ubi:latest"}]), "ubi9/ubi:latest"
    ),
    _case(
        "blocked by no expression",
        _mirror(blockedImages=[{"name": "quay.io/(a"}]),
        "not a regular expression",
    ),
    _case(
        "storage of version 1",
        lambda document: document.update(storageConfig={"local": {"path": "/srv"}}),
        "storageConfig: it is from v1",
    ),
)
