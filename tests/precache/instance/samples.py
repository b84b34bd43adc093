"""ClusterInstances, rendered from a site's file or as a user may have them."""

import copy

import yaml

from bootstrap.precache.ignition.overrides import overrides
from bootstrap.precache.instance.bundle import bundle
from bootstrap.precache.instance.judge import judged
from tests.cluster.hosted.site import of_site
from tests.precache.edge_site import document, site_of

OURS = overrides("data")


def rendered(tmp_path, data=None, given=None):
    return bundle(site_of(tmp_path, data or document()), given or of_site())


def objects(made):
    """The objects of a take-away, in the order of application."""
    return [
        item
        for name, text in made.files.items()
        if name != "kustomization.yaml"
        for item in yaml.load_all(text, yaml.CSafeLoader)
    ]


def only(made, kind):
    (item,) = [each for each in objects(made) if each["kind"] == kind]
    return item


def instance(tmp_path, data=None):
    """A ClusterInstance as a user may have it: nothing is wrong with it."""
    return copy.deepcopy(only(rendered(tmp_path, data), "ClusterInstance"))


def defects(item):
    """What is wrong with a ClusterInstance, ``path: why`` each."""
    return [f"{each.path}: {each.why}" for each in judged(item) if each.is_error]


def notes(item):
    return [f"{each.path}: {each.why}" for each in judged(item) if not each.is_error]
