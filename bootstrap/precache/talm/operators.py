"""The operators of an upgrade: which mirrored catalog each is from, and what its Subscription is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bootstrap.catalog.model import Catalog
from bootstrap.cluster.catalogs import KINDS, catalogs
from bootstrap.cluster.given import Given
from bootstrap.cluster.installer.images import MirroredImages
from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.precache.catalogs import MirroredCatalog, catalog_named, mirrored_catalogs, open_catalog
from bootstrap.precache.images.chosen import raise_all
from bootstrap.precache.talm.objects import Object, subscription
from bootstrap.precache.talm.spec import Operator


@dataclass(frozen=True)
class Chosen:
    """What the operators come to.

    Attributes:
        sources: CatalogSources of the catalogs, as clusters have them.
        catalogs: What they list.
        channels: Channel by package, in the order asked for.
        subscriptions: One for each.
    """

    sources: tuple[Mapping[str, Any], ...] = ()
    catalogs: tuple[Catalog, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    subscriptions: tuple[Object, ...] = ()


def choose(
    images: MirroredImages, given: Given, operators: Sequence[Operator], architecture: str, minor: str
) -> Chosen:
    """Return what the operators come to.

    Args:
        images: Of the site.
        given: Of the site.
        operators: As asked for.
        architecture: Of the clusters' nodes.
        minor: As ``4.20``: of two catalogs that have an operator, the one for it; empty where there is none.

    Raises:
        BootstrapError: (several as ``Problems``) One cannot be taken, or asks for what another one does not.
    """
    if not operators:
        return Chosen()
    _raise_twice(operators)
    packages = [each.package for each in operators]
    known = mirrored_catalogs(given)
    named = {each.catalog: catalog_named(given, each.catalog) for each in operators if each.catalog}
    is_open = len(named) < len({each.catalog for each in operators})
    opened = {
        place: open_catalog(images, place, packages, architecture)
        for place in (known if is_open else dict.fromkeys(named.values()))
    }
    problems: list[BootstrapError] = []
    places: dict[str, MirroredCatalog] = {}
    for each in operators:
        try:
            place = named[each.catalog] if each.catalog else _only(each.package, opened, minor)
            opened[place].head(each.package, each.channel)
            places[each.package] = place
        except BootstrapError as error:
            problems.append(error)
    used = tuple(dict.fromkeys(places.values()))
    sources = {
        str(each["metadata"]["name"]): each for each in catalogs(given.ledger, KINDS[0], given.registries)[0]
    }
    problems += [_unnamed(each) for each in used if each.source_name not in sources]
    problems += [_unread(opened[each]) for each in used if opened[each].directory.strip("/") != "configs"]
    raise_all(problems)
    channels = {
        each.package: opened[places[each.package]].channel(each.package, each.channel).name
        for each in operators
    }
    return Chosen(
        tuple(sources[each.source_name] for each in used),
        tuple(opened[each] for each in used),
        channels,
        tuple(_subscriptions(operators, channels, opened, places)),
    )


def _subscriptions(
    operators: Sequence[Operator],
    channels: Mapping[str, str],
    opened: Mapping[MirroredCatalog, Catalog],
    places: Mapping[str, MirroredCatalog],
) -> list[Object]:
    found: list[Object] = []
    problems: list[BootstrapError] = []
    for each in operators:
        place, channel = places[each.package], channels[each.package]
        namespace = each.namespace or opened[place].head(each.package, channel).namespace
        if not namespace:
            problems.append(
                ConfigError(
                    f"cannot tell where the Subscription of {each.package} is",
                    why="its bundle does not suggest a namespace",
                    fix=f"see `oc get subscriptions.operators.coreos.com -A` on a cluster, and give "
                    f"--operators {each.package}:{channel}@NAMESPACE/NAME",
                )
            )
        name = each.subscription or each.package
        found.append(subscription(name, namespace, each.package, channel, place.source_name))
    raise_all(problems)
    return found


def _only(package: str, opened: Mapping[MirroredCatalog, Catalog], minor: str) -> MirroredCatalog:
    """Return the catalog that has a package; of several, the one for the release.

    Raises:
        ConfigError: None has it, or several do.
    """
    found = [place for place, catalog in opened.items() if package in catalog.names]
    fitting = [place for place in found if place.tag == f"v{minor}"]
    if len(found) > 1 and len(fitting) == 1:
        return fitting[0]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(place.source for place in (fitting or found or opened))
    raise ConfigError(
        f"cannot tell which catalog {package} is from" if found else f"no mirrored catalog has {package}",
        why=f"several have it: {listed}"
        if found
        else f"the mirrored catalogs are: {listed or 'none at all'}",
        fix="name one with --catalog"
        if found
        else "correct the name, or name the package in the image set and run `bootstrap-registry mirror`",
    )


def _raise_twice(operators: Sequence[Operator]) -> None:
    by_package: dict[str, set[str]] = {}
    for each in operators:
        by_package.setdefault(each.package, set()).add(each.channel or "the default channel")
    several = {package: names for package, names in by_package.items() if len(names) > 1}
    twice = len({each.package for each in operators}) < len(operators)
    if several or twice:
        package, names = next(iter((several or by_package).items()))
        raise ConfigError(
            f"cannot pre-cache {package} twice",
            why=f"it is asked for in {' and in '.join(sorted(names))}; a job takes one channel of a package",
            fix="name each operator once",
        )


def _unread(catalog: Catalog) -> ConfigError:
    return ConfigError(
        f"cannot pre-cache operators of the catalog {catalog.name}",
        why=f"its files are in {catalog.directory}, and a pre-caching job looks into /configs alone",
        fix="leave its operators out: they are pulled as the clusters upgrade",
    )


def _unnamed(catalog: MirroredCatalog) -> ConfigError:
    return ConfigError(
        f"cannot give clusters the catalog {catalog.source}",
        why="no CatalogSource of it is known for this site's registries",
        fix="mirror it again, and see `bootstrap-registry resources catalogs`",
    )
