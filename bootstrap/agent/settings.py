"""The agent's settings: one JSON file, written by the role ``mirror_content``, with no secret in it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional
from urllib.parse import urlsplit

from bootstrap.errors import ConfigError
from bootstrap.mirror.engines.names import SETTINGS as ENGINES
from bootstrap.oci.reference import Reference, is_location
from bootstrap.registry.proxy import Proxy
from bootstrap.registry.redirects import Redirect, read_redirects

DEFAULT = Path("/etc/bootstrap-registry/agent.json")
SCHEMA = 1
POLICIES = ("require", "skip")
MOST_PARALLEL = 64
TOOLS = {"oc": "oc", "oc_mirror": "oc-mirror"}  # by key of the settings: what the program is called


@dataclass(frozen=True)
class RegistrySettings:
    """A registry to fill.

    Attributes:
        location: ``host[:port]``.
        ca_file: PEM certificates to trust for it besides the system's.
        data_dir: Where it keeps its data on this machine; None when it is on another.
    """

    location: str
    ca_file: str | None = None
    data_dir: str | None = None


@dataclass(frozen=True)
class Settings:
    """What a run needs to know; paths are of this machine.

    Attributes:
        registries: The first is filled from the sources, the others from it.
        graph_base_image: What the graph-data image is built on; has a tag, a digest or both.
        signature_key: OpenPGP public keys; None for those that the host came with.
        parallel: Most blobs in flight at once.
        source_ca_files: By ``host[:port]``, for that source instead of ``source_ca_file``.
        proxy_file: Holds the proxy (:func:`read_proxy`), which may have a password; None: the environment's.
        tools: Paths of programs that are not ours, by name (``oc``, ``oc-mirror``); others are looked for.
    """

    site: str
    engine: str
    imageset: Path
    auth_file: Path | None
    state_dir: Path
    registries: tuple[RegistrySettings, ...]
    redirects: tuple[Redirect, ...]
    source_ca_file: str | None
    update_url: str
    graph_data_url: str
    graph_base_image: Reference
    signature_url: str
    signature_key: str | None
    signature_policy: str
    parallel: int
    proxy_file: Optional[str] = None
    source_ca_files: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)

    @property
    def workspace(self) -> Path:
        """Where tools that are not ours work."""
        return self.state_dir / "workspace"

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.state_dir / "ledger" / "ledger.json"


def read(path: Path) -> Settings:
    """Read the settings file.

    Raises:
        ConfigError: It cannot be read, or something in it is wrong; all of it is said at once.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot read the agent's settings {path}",
            why=str(error),
            fix="run `bootstrap-registry up`, which writes them",
        ) from error
    reader = _Reader(value if isinstance(value, dict) else {})
    settings = reader.settings()
    if reader.problems:
        raise ConfigError(
            f"cannot use the agent's settings {path}",
            why="\n".join(reader.problems),
            fix="correct the inventory and run `bootstrap-registry up`, which writes them anew",
        )
    return settings


def read_proxy(path: Path, bypass: Iterable[str]) -> Proxy:
    """Read the proxy's own file, ``{"url": text, "no_proxy": [text, …]}``; only root may read it.

    Args:
        path: The file.
        bypass: Hosts that are reached directly, whatever the file says.

    Raises:
        ConfigError: It cannot be read, or the proxy cannot be used.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        proxy = Proxy(str(value["url"]), bypass=(*map(str, value["no_proxy"]), *bypass))
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigError(
            f"cannot read the proxy's settings {path}",
            why=error.strerror or "no such file"
            if isinstance(error, OSError)
            else "they are not what is written there",
            fix="run `bootstrap-registry up`, which writes them",
        ) from error
    proxy.address()
    return proxy


class _Reader:
    """Reads the object; what is wrong is noted and read as something harmless."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        self._left = dict(value)
        self.problems: list[str] = []

    def settings(self) -> Settings:
        schema = self._left.pop("schema", None)
        if schema != SCHEMA:
            self.problems.append(f"schema: it is {schema!r} and this agent knows {SCHEMA}")
        auth_file = self._text("auth_file", optional=True)
        settings = Settings(
            site=self._text("site"),
            engine=self._choice("engine", ENGINES),
            imageset=Path(self._text("imageset")),
            auth_file=Path(auth_file) if auth_file else None,
            state_dir=Path(self._text("state_dir")),
            registries=tuple(self._registry(item, path) for item, path in self._items("registries")),
            redirects=self._redirects(),
            source_ca_file=self._text("source_ca_file", optional=True) or None,
            update_url=self._url("update_url"),
            graph_data_url=self._url("graph_data_url"),
            graph_base_image=self._image("graph_base_image"),
            signature_url=self._url("signature_url"),
            signature_key=self._text("signature_key", optional=True) or None,
            signature_policy=self._choice("signature_policy", POLICIES),
            parallel=self._parallel(),
            proxy_file=self._text("proxy_file", optional=True) or None,
            source_ca_files=self._source_ca_files(),
            tools=self._tools(),
        )
        self._check_registries(settings.registries)
        self.problems += [f"{key}: there is no such setting" for key in self._left]
        return settings

    def _check_registries(self, registries: tuple[RegistrySettings, ...]) -> None:
        locations = [registry.location for registry in registries]
        if not locations:
            self.problems.append("registries: there is none")
        if len(set(locations)) != len(locations):
            self.problems.append("registries: one is there twice")

    def _text(self, key: str, *, optional: bool = False) -> str:
        value = self._left.pop(key, None)
        if value is None and optional:
            return ""
        if not isinstance(value, str) or (not value and not optional):
            self.problems.append(f"{key}: it has to be a text, not {value!r}")
            return ""
        return value

    def _choice(self, key: str, choices: tuple[str, ...]) -> str:
        value = self._text(key)
        if value and value not in choices:
            self.problems.append(f"{key}: it has to be one of {', '.join(choices)}, not {value!r}")
        return value

    def _url(self, key: str) -> str:
        value = self._text(key)
        if value and (urlsplit(value).scheme != "https" or not urlsplit(value).hostname):
            self.problems.append(f"{key}: it has to be an https:// URL")
        return value

    def _image(self, key: str) -> Reference:
        text = self._text(key)
        try:
            image = Reference.parse(text)
            if image.tag is None and image.digest is None:
                self.problems.append(f"{key}: {text!r} has neither a tag nor a digest")
            return image
        except ConfigError as error:
            self.problems.append(f"{key}: {error.why}")
            return Reference("localhost", "none")

    def _parallel(self) -> int:
        value = self._left.pop("parallel", None)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_PARALLEL:
            self.problems.append(f"parallel: it has to be a number from 1 to {MOST_PARALLEL}, not {value!r}")
            return 1
        return value

    def _tools(self) -> dict[str, str]:
        value = self._left.pop("tools", None) or {}
        if not isinstance(value, dict) or not all(isinstance(path, str) for path in value.values()):
            self.problems.append(f"tools: it has to be an object of paths, not {value!r}")
            return {}
        self.problems += [f"tools.{key}: there is no such tool" for key in value if key not in TOOLS]
        return {TOOLS[key]: path for key, path in value.items() if key in TOOLS and path}

    def _items(self, key: str) -> list[tuple[dict[str, Any], str]]:
        value = self._left.pop(key, None)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.problems.append(f"{key}: it has to be a list of objects")
            return []
        return [(item, f"{key}[{number}]") for number, item in enumerate(value)]

    def _registry(self, item: dict[str, Any], path: str) -> RegistrySettings:
        location = item.get("location")
        if not isinstance(location, str) or not is_location(location):
            self.problems.append(f"{path}.location: it has to be host[:port], not {location!r}")
        for key in item:
            if key not in ("location", "ca_file", "data_dir"):
                self.problems.append(f"{path}.{key}: there is no such setting")
        return RegistrySettings(str(location), item.get("ca_file") or None, item.get("data_dir") or None)

    def _redirects(self) -> tuple[Redirect, ...]:
        found, problems = read_redirects([item for item, _ in self._items("redirects")])
        self.problems += [f"redirects{line}" for line in problems]
        return tuple(found)

    def _source_ca_files(self) -> dict[str, str]:
        if "source_cas" not in self._left:
            return {}
        found = [self._registry(item, path) for item, path in self._items("source_cas")]
        return {each.location: each.ca_file for each in found if each.ca_file}
