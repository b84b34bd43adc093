"""The section ``platform`` of an image set: the releases.

Source: oc-mirror v2 at 855b64a, ``internal/pkg/config/validate.go`` (``validateReleaseChannels``,
``validateReleasePlatformFields``).
"""

from __future__ import annotations

from bootstrap.imageset.fields import Fields, Problems
from bootstrap.imageset.model import Platform
from bootstrap.imageset.parts import channel_name, entries, image, no_duplicates, platforms
from bootstrap.release.architecture import ARCHITECTURES
from bootstrap.release.channel import Channel
from bootstrap.release.version import Version

_KNOWN = ("channels", "architectures", "platforms", "graph", "release", "kubeVirtContainer")


def platform(value: object, problems: Problems) -> Platform:
    """Read the section."""
    fields = Fields(value, "mirror.platform", problems, known=_KNOWN)
    channels = entries(fields, "channels", problems, _channel)
    no_duplicates(fields, "channels", (f"the channel {channel.name}" for channel in channels))
    release = fields.parsed("release", image)
    if channels and fields.has("release"):
        fields.problem("release", "with it the channels would be ignored: give one or the other")
    wants_kubevirt = fields.boolean("kubeVirtContainer")
    if wants_kubevirt and not channels and not fields.has("release"):
        fields.problem("kubeVirtContainer", "there is no release to take it from: give channels or a release")
    architectures, only = _architectures(fields), platforms(fields, problems)
    if architectures and only:
        fields.problem("platforms", "they are taken out of the multi release: leave architectures out")
    return Platform(channels, architectures, release, wants_kubevirt, fields.boolean("graph"), only)


def _architectures(fields: Fields) -> tuple[str, ...]:
    found: list[str] = []
    for item, path in fields.items("architectures"):
        if not isinstance(item, str) or item not in ARCHITECTURES:
            fields.problem(path[len(fields.path) + 1 :], f"{item!r} is none of {', '.join(ARCHITECTURES)}")
        elif item in found:
            fields.problem("architectures", f"{item} is there more than once")
        else:
            found.append(item)
    return tuple(found)


def _channel(value: object, path: str, problems: Problems) -> Channel | None:
    fields = Fields(
        value, path, problems, known=("name", "type", "minVersion", "maxVersion", "shortestPath", "full")
    )
    kind = fields.text("type")
    if kind not in (None, "ocp", "okd"):
        fields.problem("type", f"it has to be ocp or okd, not {kind}")
    is_okd = kind == "okd"
    name = fields.parsed("name", str if is_okd else channel_name, required=True)
    oldest = fields.parsed("minVersion", Version.parse)
    newest = fields.parsed("maxVersion", Version.parse)
    if oldest is not None and newest is not None and newest < oldest:
        fields.problem("maxVersion", f"{newest} is older than the minVersion {oldest}")
    is_shortest, is_full = fields.boolean("shortestPath"), fields.boolean("full")
    return Channel(name, oldest, newest, is_shortest, is_full, is_okd) if name is not None else None
