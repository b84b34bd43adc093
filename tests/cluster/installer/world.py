"""A mirror that holds a release with installers in it, as small as the format allows."""

import struct

from bootstrap.cluster.given import MirroredRelease
from bootstrap.cluster.installer.markers import marker
from bootstrap.mirror.ledger import Ledger
from bootstrap.store.remote import RemoteStore
from tests.cluster.ledgers import entry, given
from tests.cluster.ledgers import release as release_entry
from tests.fakes.images import make_image, make_index, noise, push
from tests.release.releases import QUAY, release_image

ALL = b"".join(marker(kind) for kind in ("IMAGE", "VERSION", "ARCHITECTURE"))


def program(seed, *, before=5000, markers=ALL):
    """A program that nobody has told its release; ``before`` is where its markers begin."""
    return b"\x7fELF" + noise((seed, 0), before - 4) + markers + noise((seed, 1), 20_000)


def mac_program(seed, *, signature_is_usual=True):
    """A program for macOS as Go's linker signs it: hashes of pages, and no key."""
    content, text = noise((seed, 0), 9000) + ALL + noise((seed, 1), 3000), 0x1000
    commands = struct.pack("<2I16s4Q4I", 0x19, 72, b"__TEXT", 0, 0x4000, 0, text, 7, 5, 0, 0)
    end = 32 + len(commands) + 16 + len(content)
    size = 20 + 88 + 6 + -(-end // 4096) * 32 + (0 if signature_is_usual else 8)
    commands += struct.pack("<4I", 0x1D, 16, end, size)
    head = struct.pack("<7I4x", 0xFEEDFACF, 0x0100000C, 0, 2, 2, len(commands), 0)
    return head + commands + content + b"\0" * size


class World:
    """One registry of a site.

    Args:
        registry: A ``FakeRegistry``, running.
        client: Of it.
    """

    def __init__(self, registry, client):
        self.registry, self._store = registry, RemoteStore(client)
        self._images, self._releases = [], []
        self.usual = {
            "installer": [{"usr/bin/openshift-install": program("install")}],
            "baremetal-installer": [{"usr/bin/openshift-install": program("bare metal", before=4090)}],
            "installer-artifacts": [
                {
                    "usr/share/openshift/linux_arm64/openshift-install": program("arm64"),
                    "usr/share/openshift/mac/openshift-install": program("mac"),
                    "usr/share/openshift/mac_arm64/openshift-install": mac_program("mac arm64"),
                }
            ],
        }

    def release(self, version="4.20.1", architecture="amd64", components=None):
        """Mirror a release; ``components`` are layers by name. Returns it as the ledger tells it."""
        components = self.usual if components is None else components
        kinds = ("amd64", "arm64") if architecture == "multi" else (architecture,)
        digests = {}
        for name, layers in components.items():
            made = [make_image((version, name, kind), layers=layers, architecture=kind) for kind in kinds]
            digests[name] = self._push("openshift/release", made, f"{version}-{architecture}-{name}")
        names = {name: f"{QUAY}/ocp-v4.0-art-dev@{digest}" for name, digest in digests.items()}
        made = [release_image(version, names, architecture=kind) for kind in kinds]
        digest = self._push("openshift/release-images", made, f"{version}-{architecture}")
        for name in names.values():
            self._images.append(entry("component", name, "openshift/release", digest=name.partition("@")[2]))
        source = f"{QUAY}/ocp-release@{digest}"
        self._images.append(entry("release", source, "openshift/release-images", digest=str(digest)))
        self._releases.append(release_entry(version, str(digest)))
        return MirroredRelease(version, architecture, str(digest), source)

    def given(self, *more, **changes):
        """What the site gives; ``more`` are registries besides, the preferred ones first."""
        places = (*more, self.registry.location)
        user = self.registry.login.credentials
        auth = user.basic.removeprefix("Basic ")
        values = {
            "registries": places,
            "trust": dict.fromkeys(places, self.registry.ca_pem),
            "auths": {place: {"auth": auth} for place in places},
        }
        ledger = Ledger().with_images(self._images).with_releases(self._releases)
        return given(ledger, **{**values, **changes})

    def _push(self, repository, made, tag):
        image = made[0] if len(made) == 1 else make_index(made)
        push(self._store, repository, image, tag=tag)
        return image.digest
