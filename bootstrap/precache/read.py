"""Reading ``--site FILE``: all that is wrong with it is said at once, each with its path.

Its keys are those of a ClusterInstance where that has them: who knows one knows the other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.read import choice, read_pull_secret, read_ssh_key, texts
from bootstrap.cluster.object_names import dns_label, dns_name
from bootstrap.cluster.own_file import raise_wrong, read_own_file
from bootstrap.errors import ConfigError
from bootstrap.imageset.fields import Fields, Problems
from bootstrap.oci.reference import Reference
from bootstrap.precache.ignition.stages import partition_label
from bootstrap.precache.instance.base import base_of
from bootstrap.precache.instance.rules import defects_of
from bootstrap.precache.read_networks import read_networks
from bootstrap.precache.read_nodes import read_nodes
from bootstrap.precache.spec import LABEL, Content, EdgeSite, Operators, Package, Templates
from bootstrap.release.version import Version

KINDS = ("SNO", "HighlyAvailable", "HighlyAvailableArbiter")
PAGE = "docs/precache-instance.md"
_TOP = (
    *("name", "baseDomain", "clusterType", "release", "sshKey", "sshKeyFile", "pullSecretFile"),
    *("clusterNetwork", "machineNetwork", "serviceNetwork", "apiVIPs", "ingressVIPs"),
    *("additionalNTPSources", "labels", "cpuPartitioningMode", "templates", "content", "bmc", "nodes"),
)
_ARCHITECTURES = ("amd64", "arm64")  # ClusterInstance CRD: cpuArchitecture
_OF_CREDENTIALS = re.compile(r"(?:sshKeyFile|pullSecretFile|(?:nodes\[\d+\]\.)?bmc\.passwordFile): ")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def read_file(path: Path, *, is_installed: bool = True) -> EdgeSite:
    """Read the edge site in the file ``path``; files that it names are relative to its directory.

    Args:
        path: Of the file.
        is_installed: Whether keys and passwords are needed. Whoever writes a disk in a workshop has none of
            them: then files that the site names need not be there, and what is in them is left out.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; ``why`` has a line for each problem.
    """
    top, problems = read_own_file(
        path,
        "the edge site",
        known=_TOP,
        fix="`bootstrap-registry precache init` writes a commented one to begin with",
    )
    site = _document(top, path, problems)
    _add_defects(site, problems)
    if not is_installed:
        problems.lines = [line for line in problems.lines if not _OF_CREDENTIALS.match(line)]
    raise_wrong(path, problems, PAGE)
    return site


def _document(top: Fields, path: Path, problems: Problems) -> EdgeSite:
    release = Fields(top.value("release"), "release", problems, known=("version", "architecture"))
    return EdgeSite(
        name=top.parsed("name", dns_label, required=True) or "",
        base_domain=top.parsed("baseDomain", dns_name, required=True) or "",
        version=release.parsed("version", lambda text: str(Version.parse(text))),
        architecture=choice(release, "architecture", _ARCHITECTURES, "amd64"),
        kind=choice(top, "clusterType", KINDS, "SNO"),
        ssh_key=read_ssh_key(top, path),
        networking=read_networks(top, problems),
        nodes=read_nodes(top, path, problems),
        content=_content(top.value("content"), problems),
        ntp=texts(top, "additionalNTPSources", values.address_or_name),
        labels=_labels(top.value("labels"), problems),
        templates=_templates(top.value("templates"), problems),
        pull_secret=read_pull_secret(top, path),
        is_partitioned=choice(top, "cpuPartitioningMode", ("None", "AllNodes"), "None") == "AllNodes",
    )


def _add_defects(site: EdgeSite, problems: Problems) -> None:
    """Note what does not fit together; what could not be read was noted, and stays out of it."""
    known = [line.partition(": ")[0] for line in problems.lines]
    for each in defects_of(base_of(site)):
        if each.is_error and not any(_is_about(path, each.path) for path in known):
            problems.add(each.path, f"{each.why}; {each.fix}")


def _is_about(known: str, path: str) -> bool:
    """Whether a problem at ``known`` may be the cause of one at ``path``: at the same place, or around it."""
    return any(a == b or a.startswith((f"{b}.", f"{b}[")) for a, b in ((known, path), (path, known)))


def _templates(value: object, problems: Problems) -> Templates:
    fields = Fields(value, "templates", problems, known=("namespace", "cluster", "node"))
    default = Templates()
    return Templates(
        namespace=fields.parsed("namespace", dns_label) or default.namespace,
        cluster=fields.parsed("cluster", dns_name) or default.cluster,
        node=fields.parsed("node", dns_name) or default.node,
    )


def _labels(value: object, problems: Problems) -> dict[str, str]:
    fields = Fields(value, "labels", problems, known=list(value) if isinstance(value, dict) else ())
    found = {}
    for key in value if isinstance(value, dict) else ():
        if not isinstance(key, str):
            continue  # noted
        text = fields.value(key)
        if not isinstance(text, str):
            fields.problem(key, f"it has to be a text, not {text!r}: put it in quotes")
        elif not _LABEL_KEY.fullmatch(key) or not _LABEL_VALUE.fullmatch(text):
            fields.problem(
                key, f"{key}={text!r} is no label: up to 63 letters, digits and '-', '_', '.' inside"
            )
        else:
            found[key] = text
    return found


def _content(value: object, problems: Problems) -> Content:
    known = ("partLabel", "operators", "additionalImages", "exclude")
    fields = Fields(value, "content", problems, known=known)
    return Content(
        label=fields.parsed("partLabel", partition_label) or LABEL,
        operators=tuple(_operators(item, at, problems) for item, at in fields.items("operators")),
        additional=_additional(fields, problems),
        exclude=texts(fields, "exclude", _pattern),
    )


def _operators(value: object, place: str, problems: Problems) -> Operators:
    fields = Fields(value, place, problems, known=("catalog", "packages"))
    packages = [_package(item, at, problems) for item, at in fields.items("packages")]
    if not fields.value("packages"):
        fields.problem("packages", "it is missing: name the operators that the site installs")
    catalog = fields.parsed("catalog", _image, required=True) or ""
    _refuse_doubles(fields, "packages", [each.name for each in packages])
    return Operators(catalog, tuple(packages))


def _package(value: object, place: str, problems: Problems) -> Package:
    fields = Fields(value, place, problems, known=("name", "channel"))
    return Package(fields.parsed("name", dns_name, required=True) or "", fields.text("channel"))


def _additional(fields: Fields, problems: Problems) -> tuple[str, ...]:
    """Return pull specs; each is ``name: IMAGE``, as image sets have it, or the image by itself."""
    found = []
    for item, place in fields.items("additionalImages"):
        entry = Fields(item if isinstance(item, dict) else {"name": item}, place, problems, known=("name",))
        image = entry.parsed("name", _image, required=True)
        if image is not None:
            found.append(image)
    _refuse_doubles(fields, "additionalImages", found)
    return tuple(found)


def _refuse_doubles(fields: Fields, key: str, found: Sequence[Any]) -> None:
    for each in dict.fromkeys(name for name in found if name and found.count(name) > 1):
        fields.problem(key, f"{each} is there more than once")


def _image(text: str) -> str:
    try:
        found = Reference.parse(text)
    except ConfigError as error:
        raise ValueError(f"{text!r} names no image: {error.why}") from None
    if found.tag is None and found.digest is None:
        raise ValueError(f"{text!r} names no image: it has no tag and no digest")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from None
    if not text.strip():
        raise ValueError("it is blank, and would leave every image out")
    return text
