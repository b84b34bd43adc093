"""From an upgrade that is asked for to what the hub is given, and to the list of images that it will pull."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.cluster.given import Given, MirroredRelease
from bootstrap.cluster.installer.images import MirroredImages
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.oci.reference import Reference
from bootstrap.precache.images.chosen import raise_all
from bootstrap.precache.talm import notes, objects
from bootstrap.precache.talm.graph import GraphData, channel_note, check_update, mirrored_graph
from bootstrap.precache.talm.image_list import ImageList, Missed, image_list, missed
from bootstrap.precache.talm.operators import Chosen, choose
from bootstrap.precache.talm.patterns import Pattern, read_patterns
from bootstrap.precache.talm.software import incomplete, software_of
from bootstrap.precache.talm.space import required
from bootstrap.precache.talm.spec import Upgrade
from bootstrap.precache.talm.weigh import Found, Weight, look_up, weigh
from bootstrap.release.payload import Component, Payload, read_payload
from bootstrap.release.version import Version

IMAGES = "images.txt"
_MULTI, _DEFAULT = "multi", "amd64"


@dataclass(frozen=True)
class Result:
    """What an upgrade comes to.

    Attributes:
        pulled: What the job pulls.
        missed: What it would not pull by itself, and is given as additional images.
        weight: Of all that it fetches, the release image and the catalogs included.
        space_gib: What it asks for.
        remarks: A sentence each.
    """

    release: MirroredRelease | None
    architecture: str
    channel: str
    chosen: Chosen
    pulled: ImageList
    missed: tuple[Missed, ...]
    additional: tuple[str, ...]
    weight: Weight
    space_gib: int
    remarks: tuple[str, ...]


def talm_files(given: Given, upgrade: Upgrade) -> TakeAway:
    """Return the objects in the order in which to apply them, the list of images, and what to know.

    Raises:
        ConfigError: (several as ``Problems``) Something of it is not mirrored, or cannot be.
        BootstrapError: The mirror cannot be read.
    """
    result = work_out(given, upgrade)
    policies = _policies(given, upgrade, result)
    names = [str(each["metadata"]["name"]) for each in policies]
    config = objects.pre_caching_config(upgrade, result.chosen.channels, result.additional, result.space_gib)
    by_file = {
        "1-namespace.yaml": objects.namespace_objects(upgrade),
        "2-policies.yaml": policies,
        "3-placement.yaml": objects.placement_objects(upgrade, names),
        "4-pre-caching-config.yaml": [config],
        "5-cluster-group-upgrade.yaml": [objects.cluster_group_upgrade(upgrade, names)],
    }
    made = TakeAway.of_objects(by_file, notes.told(given, upgrade, result))
    images = "".join(f"{each}\n" for each in sorted(result.pulled.images))
    return TakeAway({**made.files, IMAGES: images}, notes=made.notes)


def work_out(given: Given, upgrade: Upgrade) -> Result:
    """Return what an upgrade comes to; raises as :func:`talm_files`."""
    patterns = _patterns(upgrade)
    release = _release(given, upgrade.version, upgrade.architecture, "--to")
    architecture = upgrade.architecture or _architecture(release)
    channel = upgrade.channel or (f"stable-{_minor(release)}" if release else "")
    with MirroredImages(given) as images:
        payload = _payload(images, release) if release else None
        graph = mirrored_graph(images, given) if release else None
        remarks = _judged(upgrade, payload, graph, channel)
        chosen = choose(images, given, upgrade.operators, architecture, _minor(release))
        if payload is None and not chosen.channels:
            raise ConfigError(
                "there is nothing to pre-cache",
                why="neither a release nor an operator is named",
                fix="name a release with --to, or operators with --operators",
            )
        lost = missed(chosen.catalogs, chosen.channels)
        additional = tuple(
            dict.fromkeys((*upgrade.additional, *(each for one in lost for each in one.images)))
        )
        components = payload.components if payload else ()
        pulled = image_list(components, patterns, chosen.catalogs, chosen.channels, additional)
        if not pulled.images:
            raise ConfigError(
                "no image is left to pre-cache",
                why=f"--exclude leaves out all {len(components)} of the release: the job would succeed, and "
                "pull nothing",
                fix="write patterns that fit less; each is looked for anywhere in a name and its pull spec",
            )
        opened = [
            *([release.source] if release else []),
            *(str(each["spec"]["image"]) for each in chosen.sources),
        ]
        found, problems = look_up(images, given, [*opened, *pulled.images], architecture)
        raise_all(problems)
        before = _before(images, given, upgrade, architecture, patterns, found)
        weight = weigh(found, before)
    space = upgrade.space_gib or required(weight.unpacked)
    return Result(
        release, architecture, channel, chosen, pulled, lost, additional, weight, space, tuple(remarks)
    )


def _policies(given: Given, upgrade: Upgrade, result: Result) -> list[objects.Object]:
    """Return the policies, in the order in which clusters are to comply with them."""
    found: list[tuple[str, Sequence[objects.Object]]] = []
    release, chosen = result.release, result.chosen
    if release is not None:
        signature = _signature(given, release)
        made = objects.platform_objects(release, upgrade, result.channel, signature)
        found.append((f"{upgrade.name}-platform", made))
    if chosen.sources:
        found.append((f"{upgrade.name}-catalogs", objects.catalog_objects(chosen.sources)))
        found.append((f"{upgrade.name}-operators", chosen.subscriptions))
    longest = max(len(name) for name, _ in found)
    if longest + len(upgrade.namespace) > objects.MOST_NAME:
        raise ConfigError(
            f"cannot call the upgrade {upgrade.name} in {upgrade.namespace}",
            why=f"a policy's name and namespace would have {longest + len(upgrade.namespace)} characters, "
            f"and {objects.MOST_NAME} is what Open Cluster Management takes",
            fix="give a shorter --name or --namespace",
        )
    policies = [objects.policy(name, upgrade.namespace, made) for name, made in found]
    software, contradictions = software_of(policies)
    packages = [f"{package}:{channel}" for package, channel in chosen.channels.items()]
    assert not (*contradictions, *incomplete(software, packages)), "our own policies fit together"
    return policies


def _signature(given: Given, release: MirroredRelease) -> str | None:
    known = [each for each in given.ledger["releases"] if str(each["digest"]) == release.digest]
    return next((str(each["signature_base64"]) for each in known if each["signature_base64"]), None)


def _patterns(upgrade: Upgrade) -> tuple[Pattern, ...]:
    problems: list[BootstrapError] = []
    found: list[Pattern] = []
    for text in upgrade.exclude:
        try:
            found += read_patterns([text])
        except ValueError as error:
            problems.append(
                ConfigError(
                    f"cannot use --exclude {text}",
                    why=f"`grep -G` refuses it, and no image of the release would be pulled: {error}",
                    fix="write it as a basic regular expression, as in `man grep`",
                )
            )
    raise_all(problems)
    return tuple(found)


def _release(
    given: Given, version: str | None, architecture: str | None, option: str
) -> MirroredRelease | None:
    """Return a mirrored release; of the two that fit, the one for the architecture alone."""
    if version is None:
        return None
    known = [each for each in given.releases if each.version == version]
    fitting = [each for each in known if architecture in (None, each.architecture)]
    fitting = fitting or [each for each in known if each.architecture == _MULTI]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(f"{each.version} ({each.architecture})" for each in known or given.releases)
    if known:
        raise ConfigError(
            f"cannot tell which release {version} is",
            why=f"mirrored are: {listed}",
            fix="give --architecture one of these; or mirror the release for the one that the clusters have",
        )
    raise ConfigError(
        f"cannot use {option} {version}",
        why=f"it is not mirrored; these are: {listed or 'none at all'}",
        fix="name one of them, or add the release to the image set and run `bootstrap-registry mirror`",
    )


def _architecture(release: MirroredRelease | None) -> str:
    return release.architecture if release is not None and release.architecture != _MULTI else _DEFAULT


def _minor(release: MirroredRelease | None) -> str:
    return ".".join(release.version.split(".")[:2]) if release is not None else ""


def _payload(images: MirroredImages, release: MirroredRelease) -> Payload:
    store, repository, digest = images.find(Reference.parse(release.source))
    return read_payload(store, repository, digest, name=release.source)


def _judged(upgrade: Upgrade, payload: Payload | None, graph: GraphData | None, channel: str) -> list[str]:
    if payload is None:
        return []
    found = list(check_update(payload, Version.parse(upgrade.before), graph)) if upgrade.before else []
    return [*found, *filter(None, [channel_note(channel, str(payload.version), graph)])]


def _before(
    images: MirroredImages,
    given: Given,
    upgrade: Upgrade,
    architecture: str,
    patterns: Sequence[Pattern],
    found: Sequence[Found],
) -> tuple[Found, ...] | None:
    """Return the images of the release that clusters have; None where it is not mirrored any more."""
    known = [each for each in given.releases if each.version == upgrade.before]
    fitting = [each for each in known if each.architecture in (architecture, _MULTI)]
    if not fitting or upgrade.version is None:
        return None
    try:
        components: Sequence[Component] = _payload(images, fitting[0]).components
    except BootstrapError:
        return None
    pulled = image_list(components, patterns, (), {}, ())
    return look_up(images, given, pulled.images, architecture, found)[0]
