"""The real CRDs, as an API server with strict field validation reads them: no field that they do not name, no
member twice in a set, no key twice in a list that is a map.
"""

import functools
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

CRDS = Path(__file__).parents[3] / "shared" / "crds"
needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason="the real CRDs are not beside this clone")

_FILES = {
    "ImageDigestMirrorSet": "config.openshift.io_imagedigestmirrorset",
    "ImageTagMirrorSet": "config.openshift.io_imagetagmirrorset",
    "CatalogSource": "operators.coreos.com_catalogsource",
    "UpdateService": "updateservice.operator.openshift.io_updateservice",
}


def validate(item):
    """Raise ``jsonschema.ValidationError`` when the API server would refuse ``item``."""
    crd = _crd(item["kind"])
    group, _, version = item["apiVersion"].partition("/")
    assert group == crd["group"]
    schema = next(each["schema"]["openAPIV3Schema"] for each in crd["versions"] if each["name"] == version)
    jsonschema.validate(item, _strict({**schema, "properties": {**schema["properties"], "metadata": {}}}))
    is_namespaced = "namespace" in item["metadata"]
    assert is_namespaced == (crd["scope"] == "Namespaced")
    _check_lists(item, schema)


@functools.cache
def _crd(kind):
    return yaml.load((CRDS / f"{_FILES[kind]}.yaml").read_text(), yaml.CSafeLoader)["spec"]


def _strict(schema):
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    is_object = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if is_object and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict


def _check_lists(value, schema):
    if isinstance(value, dict):
        for key, each in value.items():
            _check_lists(each, schema.get("properties", {}).get(key) or {})
    if isinstance(value, list):
        kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys", ())
        members = [{key: each.get(key) for key in keys} if kind == "map" else each for each in value]
        texts = [json.dumps(each, sort_keys=True) for each in members]
        if kind in ("set", "map") and len(set(texts)) < len(texts):
            raise jsonschema.ValidationError(f"a member is twice in a {kind}: {texts}")
        for each in value:
            _check_lists(each, schema.get("items") or {})
