"""Who reads what we write about mirrors, each by its own rules; nothing here is from the code that writes it.

Each reader returns, by source, where images are looked for: ``{"digest": […], "tag": […], "blocked": bool}``.
"""

import base64
import tomllib
from collections import deque

import yaml

_TABLE = {"location", "prefix", "insecure", "blocked", "mirror-by-digest-only", "mirror"}
_MIRROR = {"location", "insecure", "pull-from-mirror"}
_FIELDS = {
    "ImageDigestMirrorSet": ("imageDigestMirrors", "digest"),
    "ImageContentSourcePolicy": ("repositoryDigestMirrors", "digest"),
    "ImageTagMirrorSet": ("imageTagMirrors", "tag"),
}


def load_all(text):
    """Return the documents of a YAML stream."""
    return list(yaml.load_all(text, yaml.CSafeLoader))


def of_objects(text):
    """Read mirror sets as the Machine Config Operator does (runtime-utils, pkg/registries)."""
    lists, blocked = {}, set()
    for item in load_all(text):
        field, by = _FIELDS[item["kind"]]
        for entry in item["spec"][field]:
            lists.setdefault((entry["source"], by), []).append(entry["mirrors"])
            if entry.get("mirrorSourcePolicy") == "NeverContactSource":
                blocked.add(entry["source"])
    found = {}
    for (source, by), each in lists.items():
        _entry(found, source)[by] = _merged(source, each)
        found[source]["blocked"] = source in blocked
    return found


def of_sources(entries):
    """Read ``imageDigestSources`` and its kin: one list for a source, digests only."""
    found = {}
    for entry in entries:
        assert entry["source"] not in found, "the installer makes one entry of each: a second contradicts it"
        _entry(found, entry["source"])["digest"] = entry["mirrors"]
        found[entry["source"]]["blocked"] = entry.get("sourcePolicy") == "NeverContactSource"
    return found


def of_registries_conf(text):
    """Read a registries.conf as containers-registries.conf(5) says; a key that is not there is an error."""
    document = tomllib.loads(text)
    assert set(document) <= {"registry", "unqualified-search-registries"}
    found = {}
    for table in document.get("registry", ()):
        assert set(table) <= _TABLE
        scope = table.get("prefix") or table["location"]
        assert scope == table["location"], "else the rest is put behind another name"
        assert scope not in found
        entry = _entry(found, scope)
        entry["blocked"] = table.get("blocked", False)
        for mirror in table.get("mirror", ()):
            assert set(mirror) <= _MIRROR
            pull = mirror.get(
                "pull-from-mirror", "digest-only" if table.get("mirror-by-digest-only") else "all"
            )
            for by in ("digest", "tag") if pull == "all" else (pull.removesuffix("-only"),):
                entry[by].append(mirror["location"])
    return found


def of_assisted(text):
    """Read a registries.conf as assisted-service does, which leaves out what it does not understand.

    Source: assisted-service at 063b257, pkg/mirrorregistries/parser.go; the installer takes no host alone.
    """
    found, seen = {}, 0
    for table in tomllib.loads(text)["registry"]:
        mirrors = table.get("mirror") if isinstance(table.get("location"), str) else None
        for mirror in mirrors or ():
            seen += 1
            by = {"digest-only": "digest", "tag-only": "tag"}.get(
                mirror.get("pull-from-mirror", "digest-only")
            )
            if by:
                _entry(found, table["location"])[by].append(mirror["location"])
    kept = sum(len(entry["digest"]) + len(entry["tag"]) for entry in found.values())
    assert kept == seen == text.count("[[registry.mirror]]"), "it would drop some"
    assert len(found) == text.count("[[registry]]"), "it would drop some"
    assert all("/" in source for source in found), "the installer takes repositories and namespaces only"
    return found


def of_machine_configs(text):
    """Read the one file that each pool's MachineConfig writes."""
    texts = set()
    for item in load_all(text):
        (file,) = item["spec"]["config"]["storage"]["files"]
        assert file["mode"] == 420
        head, _, data = file["contents"]["source"].partition(",")
        assert head == "data:text/plain;charset=utf-8;base64"
        texts.add(base64.b64decode(data, validate=True).decode())
    (one,) = texts
    return of_registries_conf(one)


def places(conf, name, by):
    """Return the repositories asked for an image of ``name``, its repository: the longest source counts."""
    scopes = [scope for scope in conf if name == scope or name.startswith(f"{scope}/")]
    if not scopes:
        return [name]
    scope = max(scopes, key=len)
    found = [place + name[len(scope) :] for place in conf[scope][by]]
    return found if conf[scope]["blocked"] else [*found, name]


def _entry(found, source):
    return found.setdefault(source, {"digest": [], "tag": [], "blocked": False})


def _merged(source, lists):
    """Order all mirrors as pkg/registries/topo.go does; of one who is in no contradiction."""
    after, waits = {}, {}
    for mirrors in lists:
        for first, second in zip(mirrors, [*mirrors[1:], source], strict=True):
            after.setdefault(first, set()).add(second)
            waits.setdefault(first, set())
            waits.setdefault(second, set()).add(first)
    queue = deque(sorted(place for place, others in waits.items() if not others))
    ordered = []
    while queue:
        place = queue.popleft()
        ordered.append(place)
        freed = []
        for other in after.get(place, ()):
            waits[other].discard(place)
            if not waits[other]:
                freed.append(other)
        queue.extend(sorted(freed))
    assert len(ordered) == len(waits), "these sets contradict each other"
    assert ordered.pop() == source
    return ordered
