"""The real CRDs, as an API server with strict field validation reads them: no field that they do not name, no
member twice in a set, no key twice in a list that is a map, defaults, and CEL rules.

Source: kubernetes, ``apiextensions-apiserver/pkg/apiserver/schema`` (``defaulting``, ``listtype``, ``cel``);
metadata: ``apimachinery/pkg/api/validation/objectmeta.go``.
"""

import base64
import copy
import datetime as dt
import functools
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.cluster import cel_rules, core_kinds

CRDS = Path(__file__).parents[3] / "shared" / "crds"
needs_crds = pytest.mark.skipif(not CRDS.is_dir(), reason="the real CRDs are not beside this clone")

_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
# What a person writes into metadata; the rest is the API server's.
_METADATA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "maxLength": 253},
        "namespace": {"type": "string", "maxLength": 63, "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\Z"},
        "labels": _TEXTS,
        "annotations": _TEXTS,
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "creationTimestamp": {"type": ["string", "null"]},
    },
}
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_FREE_NAMES = ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_MOST_ANNOTATIONS = 256 * 1024


def validate(item):
    """Raise ``jsonschema.ValidationError`` when the API server would refuse ``item``, each field named."""
    found = problems(item)
    if found:
        name = (item.get("metadata") or {}).get("name")
        raise jsonschema.ValidationError("\n".join([f"{item.get('kind')} {name}:", *found]))


def problems(item):
    """Return what the API server would refuse of ``item``, ``path: what`` each."""
    crd = _crd(str(item.get("kind")))
    if crd is None:
        return [f"kind: {item.get('kind')!r} is not among the CRDs"]
    *group, version = str(item.get("apiVersion")).split("/")
    schema = crd["schemas"].get(version)
    if ["".join(group), schema is None] != [crd["group"], False]:
        return [
            f"apiVersion: {item.get('apiVersion')!r} is not one of {crd['group']}: {list(crd['schemas'])}"
        ]
    errors = crd["validators"][version].iter_errors(item)
    found = sorted({f"{_path(each)}: {each.message}" for error in errors for each in _leaves(error)})
    if found:
        return found  # no rule is evaluated then, as at the API server
    found = [*_about_metadata(item, crd["scope"])]
    found += [f"{path}: {what}" for path, what in core_kinds.more_problems(item)]
    whole = defaulted(item, schema)
    return [*found, *_about_lists(whole, schema, ""), *_about_rules(whole, schema, "")]


def defaulted(value, schema):
    """Return a copy of ``value`` with the defaults of ``schema``."""
    if isinstance(value, dict):
        known = schema.get("properties") or {}
        others = schema.get("additionalProperties")
        found = {}
        for key, each in value.items():
            inner = known.get(key) or (others if isinstance(others, dict) else {})
            if each is None and not inner.get("nullable") and "default" in inner:
                continue  # pruned, then defaulted
            found[key] = defaulted(each, inner)
        for key, inner in known.items():
            if key not in found and "default" in inner:
                found[key] = defaulted(copy.deepcopy(inner["default"]), inner)
        return found
    if isinstance(value, list):
        return [defaulted(each, schema.get("items") or {}) for each in value]
    return value


def all_kinds():
    """Return the kinds of all CRDs."""
    return tuple(sorted(_files()))


def schemas_of(kind):
    """Return the schemas of a kind by version, as the CRD has them."""
    return _crd(kind)["schemas"]


@functools.cache
def _files():
    found = {}
    for path in CRDS.glob("*_*.yaml"):
        kind = re.search(r"^    kind: (\w+)$", path.read_text(), re.MULTILINE)
        found[kind.group(1)] = path
    return found


@functools.cache
def _crd(kind):
    spec = core_kinds.CORE.get(kind)
    if spec is None:
        if kind not in _files():
            return None
        spec = yaml.load(_files()[kind].read_text(), yaml.CSafeLoader)["spec"]
    schemas = {each["name"]: each["schema"]["openAPIV3Schema"] for each in spec["versions"]}
    whole = {
        name: {**schema, "properties": {**_OBJECT, **schema["properties"], "metadata": _METADATA}}
        for name, schema in schemas.items()
    }
    validators = {name: _Lazy(schema) for name, schema in whole.items()}
    return {"group": spec["group"], "scope": spec["scope"], "schemas": schemas, "validators": validators}


_OBJECT = {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}


class _Lazy:
    """A validator that is made when it is first asked: a CRD has more versions than anyone uses."""

    def __init__(self, schema):
        self.schema = schema

    @functools.cached_property
    def validator(self):
        return jsonschema.Draft202012Validator(_strict(self.schema), format_checker=_FORMATS)

    def iter_errors(self, item):
        return self.validator.iter_errors(item)


_FORMATS = jsonschema.FormatChecker(["ipv4", "ipv6", "email", "regex"])


@_FORMATS.checks("date-time", raises=ValueError)
def _is_date(value):
    return not isinstance(value, str) or dt.datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("byte", raises=ValueError)
def _is_base64(value):
    return not isinstance(value, str) or base64.b64decode(value, validate=True) is not None


@_FORMATS.checks("int32")
def _is_int32(value):
    return not isinstance(value, int) or -(2**31) <= value < 2**31


def _strict(schema):
    """Return a structural schema as JSON Schema that refuses what it does not name."""
    found = {key: value for key, value in schema.items() if key in _COPIED}
    for key in ("properties", "patternProperties"):
        if key in schema:
            found[key] = {name: _strict(each) for name, each in schema[key].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(schema.get(key), dict):
            found[key] = _strict(schema[key])
        elif key in schema:
            found[key] = schema[key]
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            found[key] = [_strict(each) for each in schema[key]]
    if "pattern" in found:
        found["pattern"] = re.sub(r"(?<!\\)\$$", r"\\Z", found["pattern"])  # RE2: never before a line feed
    is_object = schema.get("type") == "object" and "properties" in schema
    if is_object and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        found["type"] = ["integer", "string"]
    if schema.get("x-kubernetes-embedded-resource"):
        found.pop("additionalProperties", None)
    if (schema.get("nullable") or "default" in schema) and "type" in found:
        types = found["type"] if isinstance(found["type"], list) else [found["type"]]
        found["type"] = [*types, "null"]
        if "enum" in found:
            found["enum"] = [*found["enum"], None]
    return found


_COPIED = {
    *("type", "format", "pattern", "enum", "required", "uniqueItems", "multipleOf"),
    *(
        "minimum",
        "maximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "minProperties",
        "maxProperties",
    ),
}


def _leaves(error):
    """Yield the errors that a person can mend: of alternatives, those of each."""
    if error.context and error.validator in ("anyOf", "oneOf"):
        yield error
    elif error.context:
        for each in error.context:
            yield from _leaves(each)
    else:
        yield error


def _path(error):
    path = ""
    for each in error.absolute_path:
        path += f"[{each}]" if isinstance(each, int) else f".{each}"
    if error.validator in ("additionalProperties", "required"):
        name = re.search(r"'([^']+)'", error.message)
        path += f".{name.group(1)}" if name else ""
    return path.lstrip(".") or "(the object)"


def _about_metadata(item, scope):
    metadata = item["metadata"]
    is_named = item["kind"] in _FREE_NAMES or _NAME.fullmatch(metadata["name"])
    if not is_named or (item["kind"] == "Namespace" and len(metadata["name"]) > 63):
        yield f"metadata.name: {metadata['name']!r} is no DNS name"
    if ("namespace" in metadata) != (scope == "Namespaced"):
        yield f"metadata.namespace: {metadata.get('namespace')!r}, and {item['kind']} is of scope {scope}"
    for key, value in (metadata.get("labels") or {}).items():
        if not _LABEL_KEY.fullmatch(key) or not _LABEL.fullmatch(value):
            yield f"metadata.labels.{key}: {value!r} is no label"
    annotations = metadata.get("annotations") or {}
    if sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items()) > _MOST_ANNOTATIONS:
        yield "metadata.annotations: more than 256 KiB"


def _members(value, schema, path):
    """Yield value, schema and path of what is directly below."""
    if isinstance(value, dict):
        others = schema.get("additionalProperties")
        for key, each in value.items():
            inner = (schema.get("properties") or {}).get(key) or others
            if isinstance(inner, dict):
                yield each, inner, f"{path}.{key}".lstrip(".")
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield each, schema.get("items") or {}, f"{path}[{number}]"


def _about_lists(value, schema, path):
    kind, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys", ())
    if isinstance(value, list) and kind in ("set", "map"):
        members = [{key: each.get(key) for key in keys} if kind == "map" else each for each in value]
        texts = [json.dumps(each, sort_keys=True) for each in members]
        if len(set(texts)) < len(texts):
            yield f"{path}: a member is twice in a {kind}: {texts}"
    for each in _members(value, schema, path):
        yield from _about_lists(*each)


def _about_rules(value, schema, path):
    if value is None:
        return
    for what in cel_rules.broken(schema.get("x-kubernetes-validations") or (), value):
        yield f"{path or '(the object)'}: {what}"
    for each in _members(value, schema, path):
        yield from _about_rules(*each)
