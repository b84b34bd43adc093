"""A tiny operator catalog: two packages in an image, with one bundle each.

Source: the file-based catalogs of operator-framework (``olm.package``, ``olm.channel``, ``olm.bundle``).
"""

from __future__ import annotations

import json

from tests.fakes.images import make_image, push

CATALOG = "quay.io/team/catalog:v4.20"
LABEL = "operators.operatorframework.io.index.configs.v1"


def _package(name, bundle):
    version = "1.0.0"
    return [
        {"schema": "olm.package", "name": name, "defaultChannel": "stable"},
        {
            "schema": "olm.channel",
            "package": name,
            "name": "stable",
            "entries": [{"name": f"{name}.v{version}"}],
        },
        {
            "schema": "olm.bundle",
            "package": name,
            "name": f"{name}.v{version}",
            "image": bundle,
            "properties": [
                {"type": "olm.package", "value": {"packageName": name, "version": version}},
            ],
            "relatedImages": [{"name": "", "image": bundle}],
        },
    ]


def push_catalog(store, names=("alpha", "beta")):
    """Push the catalog and its bundles; gives the digests of the bundles by package."""
    files, digests = {}, {}
    for name in names:
        image = make_image(("bundle", name))
        push(store, f"team/bundle-{name}", image)
        digests[name] = image.digest
        blobs = _package(name, f"quay.io/team/bundle-{name}@{image.digest}")
        files[f"configs/{name}/catalog.json"] = "\n".join(json.dumps(each) for each in blobs).encode()
    catalog = make_image(
        "catalog", layers=[{"etc/os-release": b"ID=test\n"}, files], labels={LABEL: "/configs"}
    )
    push(store, "team/catalog", catalog, tag="v4.20")
    return digests
