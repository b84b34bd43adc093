"""A mirror with releases and a catalog in it, and what a site knows of it."""

from dataclasses import replace

from bootstrap.mirror.ledger import Ledger
from bootstrap.precache.talm.read import Typed, read_upgrade
from bootstrap.precache.talm.render import talm_files
from bootstrap.release import graph_data
from bootstrap.store.remote import RemoteStore
from tests.cluster.ledgers import catalog_source, entry, given
from tests.cluster.ledgers import release as release_entry
from tests.fakes.catalogs import as_json, bundle, catalog_image, channel, package
from tests.fakes.images import make_image, make_index, noise, push
from tests.release.releases import QUAY, metadata, release_image

INDEX = "registry.redhat.io/redhat/redhat-operator-index"
OP = "registry.redhat.io/op"
BASE = {"base": b"b" * 30_000}
NAMES = ("aws-ebs-csi-driver", "cli", "etcd", "machine-os-images", "vsphere-problem-detector")


class World:
    """One registry of a site; ``images`` are pull specs at the source by what they are called here."""

    def __init__(self, registry, client):
        self.registry, self._store = registry, RemoteStore(client)
        self._images, self._releases, self._resources = [], [], []
        self.images = {}

    def usual(self):
        """4.20.8, 4.20.9 that it can be updated to, and PTP."""
        self.release("4.20.8").release("4.20.9", previous=["4.20.7", "4.20.8"])
        return self.usual_catalog()

    def release(self, version, *, previous=(), shared=NAMES[:2], names=NAMES, architecture="amd64"):
        """Mirror a release; the components ``shared`` are the same images in all of them."""
        kinds = ("amd64", "arm64") if architecture == "multi" else (architecture,)
        specs = {}
        for name in names:
            seed = (name, "all" if name in shared else version)
            made = [self._component(name, seed, kind) for kind in kinds]
            digest = self._push("openshift/release", made, f"{version}-{name}")
            specs[name] = f"{QUAY}/ocp-v4.0-art-dev@{digest}"
            self.images[version, name] = specs[name]
            self._images.append(entry("component", specs[name], "openshift/release", digest=str(digest)))
        files = {"release-manifests/release-metadata": metadata(version, previous)}
        made = [release_image(version, specs, files=files, architecture=kind) for kind in kinds]
        digest = self._push("openshift/release-images", made, f"{version}-{architecture}")
        source = f"{QUAY}/ocp-release@{digest}"
        self.images[version] = source
        self._images.append(entry("release", source, "openshift/release-images", digest=str(digest)))
        self._releases.append(replace(release_entry(version, str(digest)), architecture=architecture))
        return self

    @staticmethod
    def _component(name, seed, architecture):
        own = {
            name: noise((seed, architecture), 2000),
            "text": b"x" * (50_000 + 10_240 * (architecture == "arm64")),
        }
        return make_image((seed, architecture), layers=[BASE, own], architecture=architecture)

    def operand(self, name, *, is_mirrored=True):
        """Mirror an image of an operator; returns its pull spec."""
        image = make_image(name, size=500)
        if is_mirrored:
            push(self._store, f"op/{name}", image, tag="latest")
        spec = f"{OP}/{name}@{image.digest}"
        self._images.append(entry("operator", spec, f"op/{name}", digest=str(image.digest)))
        return spec

    def catalog(self, *objects, tag="v4.20", name="cs-redhat-operator-index-v4-20", directory="/configs"):
        files = {f"{directory[1:]}/index.json": as_json(objects)}
        image = catalog_image(files, seed=tag, directory=directory)
        push(self._store, "redhat/redhat-operator-index", image, tag=tag)
        source = f"{INDEX}:{tag}"
        place = "redhat/redhat-operator-index"
        self._images.append(entry("catalog", source, place, tag=tag, digest=str(image.digest)))
        made = catalog_source(name, self.registry.location)
        made["spec"]["image"] = f"{self.registry.location}/{place}:{tag}"
        self._resources.append(made)
        return self

    def usual_catalog(self, **more):
        """PTP in 4.20.1 and, at the head of ``stable``, 4.20.2; it says where it is installed."""
        words = {"annotations": {"operatorframework.io/suggested-namespace": "openshift-ptp"}}
        told = [{"type": "olm.csv.metadata", "value": words}]
        self.images["ptp"], self.images["old ptp"] = self.operand("ptp"), self.operand("old-ptp")
        made = [
            bundle("ptp-operator", "4.20.1", [self.images["old ptp"]], properties=told),
            bundle("ptp-operator", "4.20.2", [self.images["ptp"]], properties=told),
        ]
        made = [{**each, "image": self.bundle(each["name"])} for each in made]
        for each in made:
            each["relatedImages"][0]["image"] = each["image"]
        self.images["bundle"] = made[1]["image"]
        return self.catalog(
            package("ptp-operator"), channel("ptp-operator", "stable", ["4.20.1", "4.20.2"]), *made, **more
        )

    def bundle(self, name):
        return self.operand("bundle-" + name.replace(".", "-"))

    def graph(self, files):
        """Mirror graph data."""
        layers = [
            {"bin/bash": b"#"},
            {f"{graph_data.DIRECTORY}/{path}": text for path, text in files.items()},
        ]
        image = make_image("graph", layers=layers)
        push(self._store, "openshift/graph-image", image, tag="latest")
        source = "localhost/openshift/graph-image:latest"
        self._images.append(entry("graph", source, "openshift/graph-image", digest=str(image.digest)))
        return self

    def given(self, *more, **changes):
        """What the site gives; ``more`` are registries besides, the preferred ones first."""
        places = (*more, self.registry.location)
        auth = self.registry.login.credentials.basic.removeprefix("Basic ")
        ledger = Ledger().with_images(self._images).with_releases(self._releases)
        values = {
            "registries": places,
            "trust": dict.fromkeys(places, self.registry.ca_pem),
            "auths": {place: {"auth": auth} for place in places},
        }
        return given(ledger.with_resources(self._resources), **{**values, **changes})

    def files(self, **typed):
        """What ``precache talm`` gives."""
        return talm_files(self.given(), read_upgrade(Typed(**{"clusters": ("cnfdb1,cnfdb2",), **typed})))

    def _push(self, repository, made, tag):
        image = made[0] if len(made) == 1 else make_index(made)
        push(self._store, repository, image, tag=tag)
        return image.digest
