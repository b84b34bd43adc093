"""What a run would meet at its sources, found out before there is one: part of the driver's ``check``.

The driver carries the agent to the mirror host in memory and calls :func:`main` there, so that it is this
machine that asks, by the code, the certificates and the proxy that a run uses. Nothing is written.

The question, one JSON object (credentials in it: it comes through standard input)::

    {"imageset": text, "auth": {…} | null, "redirects": [{"prefix", "location", …}], "source_ca": PEM | "",
     "source_cas": {"host[:port]": PEM}, "update_url": url, "signature_url": url, "needs_signature": bool,
     "needs_key": bool, "made_by": whose signatures are good | "", "graph_data_url": url,
     "sources": ["registry/repository", …], "proxies": {variable: value}, "seconds": float,
     "proxy": {"url": url, "no_proxy": [text, …]} | null}
"""

from __future__ import annotations

import functools
import json
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Mapping

from bootstrap.agent.findings import Findings
from bootstrap.errors import BootstrapError, ConfigError, NotFound, Problems, TransferError
from bootstrap.imageset.read import read_text
from bootstrap.oci.digest import Digest
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.client import RegistryClient
from bootstrap.registry.pool import Registries
from bootstrap.registry.proxy import Proxy
from bootstrap.registry.redirects import read_redirects, resolve
from bootstrap.registry.retry import RetryPolicy
from bootstrap.release import graph_data, keys
from bootstrap.release.download import Downloader
from bootstrap.release.graph import GraphClient
from bootstrap.release.resolve import resolve as resolve_channels

if TYPE_CHECKING:
    from bootstrap.imageset.model import ImageSet
    from bootstrap.oci.reference import Reference
    from bootstrap.release.graph import Node

# Nothing has this digest: asking for it shows whether a repository may be read, and fetches nothing.
_NOWHERE = Digest.of(b"bootstrap-registry asks whether it may read here")
_SIGNATURE_LIMIT = 64 * 1024
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


class Asking:
    """One look at all the sources.

    Args:
        question: As described above.
        ca_file: A file with the certificates of ``source_ca``; None without any.
        ca_files: The same of ``source_cas``.
    """

    def __init__(
        self, question: Mapping[str, Any], ca_file: str | None, ca_files: Mapping[str, str] | None = None
    ) -> None:
        self._question = question
        self._seconds = float(question["seconds"])
        found, problems = read_redirects(question["redirects"])
        if problems:
            raise ConfigError(
                "cannot use the redirects", why="\n".join(problems), fix="correct mirror_content_redirects"
            )
        self._redirects = tuple(found)
        # Where a mirror is silent its turn has to end first, which is two tries of a place.
        most = max((len(redirect.mirrors) for redirect in self._redirects), default=0)
        self._patience = self._seconds * (1 + 2 * most)
        auth, given = question["auth"], question.get("proxy")
        proxy = Proxy(given["url"], bypass=tuple(given["no_proxy"])) if given else None
        self._registries = Registries(
            AuthFile.parse(json.dumps(auth), "the pull secret") if auth else None,
            self._redirects,
            ca_files,
            default_ca_file=ca_file,
            open_client=functools.partial(
                RegistryClient, timeout_seconds=self._seconds, retries=_quick_retries(), proxy=proxy
            ),
        )
        self._downloader = Downloader(
            ca_file=ca_file, timeout_seconds=self._seconds, policy=_quick_retries(), proxy=proxy
        )
        self._found = Findings(self._redirects)

    def ask(self) -> dict[str, Any]:
        """Return problems, warnings and the releases that the image set stands for."""
        image_set = read_text(self._question["imageset"])
        # What is asked by name is asked below; a source's registry answers for all its repositories.
        single = {image.source.name for image in image_set.additional_images}
        if image_set.platform.release is not None:
            single.add(image_set.platform.release.name)
        works: dict[str, Callable[[], None]] = {
            name: functools.partial(self._repository, name)
            for name in self._question["sources"]
            if name not in single
        }
        for image in image_set.additional_images:
            works[str(image.source)] = functools.partial(self._image, image.source)
        if image_set.platform.release is not None:
            works[str(image_set.platform.release)] = functools.partial(
                self._image, image_set.platform.release
            )
        if image_set.platform.channels:
            works[f"the update graph {self._question['update_url']}"] = lambda: self._graph(image_set)
        if image_set.platform.wants_graph:
            url = self._question["graph_data_url"]
            works[f"the graph data {url}"] = functools.partial(graph_data.ask, url, self._downloader)
        self._all(works)
        later: dict[str, Callable[[], None]] = {}
        for node, architecture in self._found.newest():
            later[str(node.payload)] = functools.partial(self._image, node.payload)
            if self._question["needs_signature"]:
                what = f"the signature of release {node.version} ({architecture})"
                later[what] = functools.partial(self._signature, node)
        self._all(later)
        self._key(image_set)
        return self._found.answer()

    def _all(self, works: Mapping[str, Callable[[], None]]) -> None:
        """Do all of it at once; what does not end in time is a problem, too."""
        pending = {what: self._begin(work) for what, work in works.items()}
        deadline = time.monotonic() + self._patience
        for what, thread in pending.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self._silent(what)

    def _begin(self, work: Callable[[], None]) -> threading.Thread:
        def do() -> None:
            try:
                work()
            except BootstrapError as error:
                self._found.problem(error)

        thread = threading.Thread(target=do, daemon=True)
        thread.start()
        return thread

    def _silent(self, what: str) -> None:
        name = what.partition("@")[0]
        where = resolve(name, self._redirects).partition("/")[0] if "/" in name and " " not in name else name
        error = TransferError(
            f"cannot use {what}",
            why=f"{where} did not answer within {self._patience:.0f} s",
            fix="check routes, firewalls, DNS and proxies between the mirror host and there",
        )
        if " " in what:
            self._found.problem(error)
        else:
            self._found.failed(name, error)

    def _repository(self, name: str) -> None:
        """See that a repository may be read."""
        try:
            store, repository = self._registries.store_for(name)
            store.manifest_exists(repository, str(_NOWHERE))
        except NotFound:
            pass
        except BootstrapError as error:
            self._found.failed(name, error)

    def _image(self, image: Reference) -> None:
        """See that an image is there."""
        try:
            store, repository = self._registries.store_for(image.name)
            store.resolve(repository, str(image.digest or image.tag))
        except BootstrapError as error:
            self._found.failed(str(image) if isinstance(error, NotFound) else image.name, error)

    def _graph(self, image_set: ImageSet) -> None:
        """Resolve the channels, which tells whether the versions asked for exist."""
        platform = image_set.platform
        graph = GraphClient(self._question["update_url"], self._downloader)
        problems: list[BootstrapError] = []
        for architecture in platform.effective_architectures:
            try:
                graph_of = functools.partial(graph.graph, architecture=architecture)
                resolved = resolve_channels(platform.channels, graph_of)
            except BootstrapError as error:
                problems += error.problems if isinstance(error, Problems) else (error,)
                continue
            self._found.releases(architecture, resolved.nodes)
            for text in resolved.warnings:
                self._found.warning(f"{architecture}: {text}")
        if problems:
            raise Problems(problems)

    def _signature(self, node: Node) -> None:
        assert node.payload.digest is not None, "the graph was read so"
        url = f"{self._question['signature_url'].rstrip('/')}/sha256={node.payload.digest.hex}/signature-1"
        what = f"cannot fetch a signature of release {node.version}"
        try:
            self._downloader.get(url, what=what, limit=_SIGNATURE_LIMIT)
        except NotFound as error:
            raise NotFound(
                f"release {node.version} is not signed",
                why=f"there is nothing at {url}",
                fix="check mirror_content_signature_url; a nightly build has no signature and needs"
                " mirror_content_signature_policy: skip",
            ) from error

    def _key(self, image_set: ImageSet) -> None:
        if not (image_set.platform.channels or image_set.platform.release):
            return
        if not self._question["needs_signature"]:
            self._found.warning("release signatures are not checked: mirror_content_signature_policy is skip")
        made_by = self._question["made_by"]
        try:
            if self._question["needs_key"]:
                path = keys.find_key(None)
                made_by = f"{keys.named(keys.keyring(path))} ({path})"
        except BootstrapError as error:
            self._found.problem(error)
        if made_by:
            self._found.warning(f"release signatures have to be made by {made_by}")


def _quick_retries() -> RetryPolicy:
    """Return the patience of somebody who only looks: one more try, at once."""
    return RetryPolicy(attempts=2, first_seconds=0.2, longest_seconds=0.3)


def main(question: Mapping[str, Any]) -> None:
    """Print the answer as one line of JSON, and end the process: nobody waits for what hangs."""
    _use_proxies(question["proxies"])
    ca_file = _in_memory(question["source_ca"]) if question["source_ca"] else None
    ca_files = {location: _in_memory(pem) for location, pem in question.get("source_cas", {}).items()}
    try:
        answer = Asking(question, ca_file, ca_files).ask()
    except BootstrapError as error:
        found = Findings()
        found.problem(error)
        answer = found.answer()
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _in_memory(pem: str) -> str:
    """Return the path of a file that has ``pem`` and is on no disk."""
    memory = os.memfd_create("source-ca")
    os.write(memory, pem.encode())
    return f"/proc/self/fd/{memory}"


def _use_proxies(proxies: Mapping[str, str]) -> None:
    """Have the proxies that the agent's unit will have, and no others."""
    for name in _PROXY_VARIABLES:
        for written in (name, name.upper()):
            os.environ.pop(written, None)
    os.environ.update(proxies)
