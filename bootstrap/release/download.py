"""Small files over HTTPS: update graphs and signatures."""

from __future__ import annotations

from typing import Callable
from urllib.parse import urljoin, urlsplit

from urllib3.exceptions import HTTPError

from bootstrap.errors import BootstrapError, ConfigError, Denied, NotFound, RegistryError, TransferError
from bootstrap.registry.connections import Connections, tls_context
from bootstrap.registry.errors import TEMPORARY_STATUS, redact
from bootstrap.registry.network import from_network
from bootstrap.registry.proxy import Proxy
from bootstrap.registry.retry import RetryPolicy

_USER_AGENT = "bootstrap-registry"
_REDIRECTS = (301, 302, 303, 307, 308)


class _Elsewhere(Exception):
    """The server sends us to ``location``."""

    def __init__(self, status: int, location: str) -> None:
        super().__init__(location)
        self.status, self.location = status, location


class Downloader:
    """Fetches what is small enough for memory; for many threads.

    Args:
        ca_file: PEM certificates to trust besides the system's.
        timeout_seconds: How long the other side may be silent, at any moment.
        proxy: On the way there; None means the environment's, if it has one.
    """

    def __init__(
        self,
        *,
        ca_file: str | None = None,
        timeout_seconds: float = 60.0,
        policy: RetryPolicy | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._connections = Connections(
            tls_context(ca_file), timeout_seconds=timeout_seconds, size=4, proxy=proxy
        )
        self._policy = policy or RetryPolicy()

    def get(self, url: str, *, what: str, limit: int, accept: str = "*/*", redirects: int = 0) -> bytes:
        """Return the bytes at ``url``; repeated while that may help.

        Args:
            url: An https URL.
            what: What fails when it fails: "cannot read the update graph of stable-4.20".
            limit: Most bytes to take.
            accept: The media types wanted.
            redirects: Most to follow, to other https URLs; one more is an error.

        Raises:
            NotFound: There is nothing at ``url``.
            ConfigError: ``url`` is not https.
            TransferError: The server cannot be talked to.
        """
        return self._follow(
            url, what, lambda there: self._get(there, what, limit, accept, is_whole=True), redirects
        )

    def first(self, url: str, *, what: str, size: int, redirects: int = 0) -> bytes:
        """Return the first ``size`` bytes at ``url``, or all where there are fewer; else as :meth:`get`."""
        return self._follow(
            url, what, lambda there: self._get(there, what, size, "*/*", is_whole=False), redirects
        )

    def _follow(self, url: str, what: str, get: Callable[[str], bytes], redirects: int) -> bytes:
        if urlsplit(url).scheme != "https" or not urlsplit(url).hostname:
            raise ConfigError(what, why=f"{redact(url)} is not an https URL", fix="give an https:// URL")
        try:
            return self._policy.run(lambda: get(url))
        except _Elsewhere as there:
            if redirects == 0:
                raise _refused(what, url, there.status) from None
            return self._follow(urljoin(url, there.location), what, get, redirects - 1)

    def _get(self, url: str, what: str, limit: int, accept: str, *, is_whole: bool) -> bytes:
        parts = urlsplit(url)
        try:
            response = self._connections.pools_for(parts.hostname or "").request(
                "GET",
                url,
                headers={"User-Agent": _USER_AGENT, "Accept": accept, "Accept-Encoding": "identity"},
                redirect=False,
                retries=False,
                preload_content=False,
            )
            try:
                body = response.read(limit + is_whole)
            finally:
                response.close()
        except HTTPError as error:
            raise from_network(what, parts.netloc.rpartition("@")[2], error) from error
        if response.status in _REDIRECTS and response.headers.get("Location"):
            raise _Elsewhere(response.status, response.headers["Location"])
        if response.status != 200:
            raise _refused(what, url, response.status)
        if len(body) > limit:  # only where all was asked for
            raise RegistryError(
                what,
                why=f"{redact(url)} has more than {limit} bytes",
                fix="see whether a proxy or a login page answers in its place",
            )
        return body


def _refused(what: str, url: str, status: int) -> BootstrapError:
    why = f"{redact(url)} answered {status}"
    if status in TEMPORARY_STATUS:
        return TransferError(what, why=why, fix="try again later", is_temporary=True)
    if status in (401, 403):
        return Denied(what, why=why, fix="check the URL, and what stands between here and there")
    if status in (404, 410):
        return NotFound(what, why=why, fix="check the URL")
    return RegistryError(what, why=why, fix="check the URL")
