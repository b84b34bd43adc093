"""A mirror with a release, operators' images and a user's own, and what is on disks made from it."""

import base64
import hashlib
import json
import tarfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from bootstrap.mirror.ledger import Ledger
from bootstrap.oci.reference import Reference
from bootstrap.precache.disk.build import Options
from bootstrap.precache.disk.names import Format
from bootstrap.precache.spec import Content
from bootstrap.store.remote import RemoteStore
from bootstrap.workflow.precache_disk import Asked, precache_disk
from bootstrap.workflow.progress import Silent
from tests.cluster.ledgers import entry, given
from tests.cluster.ledgers import release as release_entry
from tests.fakes.images import make_image, make_index, push
from tests.release.releases import QUAY, release_image

VERSION = "4.20.9"
PREFIX = f"{VERSION}-x86_64"
SHARED = {"usr/lib/shared": b"shared by all components" * 500}
CONTENT, RELEASES = f"{QUAY}/ocp-v4.0-art-dev", f"{QUAY}/ocp-release"


class Mirror:
    """What one registry of a site has.

    Args:
        location: ``host:port``.
        client: Of it, which may write.
        ca_pem: That its certificate is of.
    """

    def __init__(self, location, client, ca_pem, credentials):
        self.location, self._ca_pem, self._credentials = location, ca_pem, credentials
        self.store = RemoteStore(client)
        self._images, self._releases = [], []

    def release(self, components=("etcd", "installer"), *, is_multi=False, missing=()):
        """Mirror a release; gives its components' digests by name. ``missing`` are not in the ledger."""
        kinds = ("amd64", "arm64") if is_multi else ("amd64",)
        digests = {}
        for name in components:
            made = [
                make_image(
                    (name, kind), layers=[SHARED, {name: name.encode() * 300}], architecture=kind, docker=True
                )
                for kind in kinds
            ]
            digests[name] = self._push("openshift/release", made, f"{PREFIX}-{name}")
            if name not in missing:
                self._enter(
                    "component",
                    f"{CONTENT}@{digests[name]}",
                    "openshift/release",
                    f"{PREFIX}-{name}",
                    digests[name],
                )
        named = {name: f"{CONTENT}@{digest}" for name, digest in digests.items()}
        made = [release_image(VERSION, named, base=[SHARED], architecture=kind) for kind in kinds]
        digest = self._push("openshift/release-images", made, PREFIX)
        self._enter("release", f"{RELEASES}:{PREFIX}", "openshift/release-images", PREFIX, digest)
        kind = "multi" if is_multi else "amd64"
        self._releases.append(replace(release_entry(VERSION, str(digest)), architecture=kind))
        self.release_digest = digest
        return digests

    def image(self, source, image, *, kind="additional", repository=None, tag=None):
        """Mirror one image; gives its digest."""
        reference = Reference.parse(source)
        repository = repository or reference.repository
        tag = tag or reference.tag or f"sha256-{image.digest.hex}"
        push(self.store, repository, image, tag=tag)
        self._enter(kind, source, repository, tag, image.digest)
        return image.digest

    def given(self, *more, password=None, **changes):
        """What the site gives; ``more`` are registries besides, the preferred ones first."""
        places = (*more, self.location)
        user = f"{self._credentials.username}:{password or self._credentials.password}"
        auth = base64.b64encode(user.encode()).decode()
        ledger = Ledger().with_images(self._images).with_releases(self._releases)
        values = {
            "registries": places,
            "trust": dict.fromkeys(places, self._ca_pem),
            "auths": {place: {"auth": auth} for place in places},
        }
        return given(ledger, **{**values, **changes})

    def _push(self, repository, made, tag):
        image = made[0] if len(made) == 1 else make_index(made, docker=True)
        push(self.store, repository, image, tag=tag)
        return image.digest

    def _enter(self, kind, source, repository, tag, digest):
        found = entry(kind, source, repository, tag=tag, digest=str(digest))
        self._images.append(replace(found, registries=(self.location,)))


def fake_mirror(registry, client):
    """A mirror in a ``FakeRegistry``."""
    return Mirror(registry.location, client, registry.ca_pem, registry.login.credentials)


def fill(
    given,
    directory,
    *,
    site=None,
    mapping=None,
    discovery=(),
    release=None,
    filter_file=None,
    progress=None,
    **options,
):
    """Fill a disk."""
    options["form"] = Format(options.get("form", "layout"))
    asked = Asked(directory, site, release, mapping, tuple(discovery), filter_file)
    return precache_disk(given, asked, Options(**options), progress or Silent())


def wants(*additional, **more):
    """An edge site, as far as a disk goes by it."""
    return SimpleNamespace(content=Content(additional=additional, **more), architecture="amd64", version=None)


def content(directory):
    """Every file and link below a directory, by path: its bytes, or where it leads."""
    return {
        str(path.relative_to(directory)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in sorted(Path(directory).rglob("*"))
        if path.is_symlink() or path.is_file()
    }


def specs(directory, name):
    return (directory / name).read_text().split()


def blob(directory, digest):
    return directory / "blobs/sha256" / str(digest).removeprefix("sha256:")


def sums(directory):
    """What ``SHA256SUMS`` says, and what is so."""
    told = dict(reversed(line.split("  ")) for line in (directory / "SHA256SUMS").read_text().splitlines())
    return told, {name: hashlib.sha256((directory / name).read_bytes()).hexdigest() for name in told}


def unpacked(path):
    """The files of an archive."""
    with tarfile.open(path) as archive:
        return {each.name: archive.extractfile(each).read() for each in archive if each.isfile()}


def layers(manifest):
    """The hex digests of what a manifest names."""
    value = json.loads(manifest)
    return [each["digest"][7:] for each in (value["config"], *value["layers"])]
