"""TLS and sockets: which certificates are trusted, and which proxy leads where.

Verification is never off: there is no parameter for it, and no http.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any, Optional

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from bootstrap.errors import ConfigError
from bootstrap.registry.proxy import Proxy

if TYPE_CHECKING:
    from urllib3 import PoolManager

_PARTIAL_CHAIN = 0x80000  # ssl.VERIFY_X509_PARTIAL_CHAIN, which Python names since 3.10
_STRICT = 0x20  # ssl.VERIFY_X509_STRICT


def tls_context(ca_file: str | None = None, ca_pem: str | None = None) -> ssl.SSLContext:
    """Return a context that trusts the system's store and the CAs given.

    Args:
        ca_file: Path of PEM certificates.
        ca_pem: The text of some.

    Raises:
        ConfigError: They cannot be read, or hold no certificate.
    """
    context = ssl.create_default_context()
    # One answer for one certificate on every Python, and the same as podman's and skopeo's: what is trusted
    # explicitly is an anchor even when it is an intermediate (default since 3.13), and RFC 5280's rules for
    # extensions that verification does not use are left alone (enforced since 3.13).
    context.verify_flags = ssl.VerifyFlags((context.verify_flags | _PARTIAL_CHAIN) & ~_STRICT)
    for path, text in ((ca_file, None), (None, ca_pem)):
        if path is None and text is None:
            continue
        try:
            context.load_verify_locations(cafile=path, cadata=text)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ConfigError(
                f"cannot use the CA file {path}" if path else "cannot use the CA certificates given",
                why=_reason(error),
                fix="give a file of PEM certificates (-----BEGIN CERTIFICATE-----), readable by this user",
            ) from error
    return context


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return f"it holds no PEM certificate that can be read ({error.reason or error})"
    return getattr(error, "strerror", None) or str(error)


class _Patient(HTTPSConnection):
    """Gives the other side as long to read what we send as to answer; urllib3 gives it the connect time-out.

    A piece of an upload that does not get through within it ends the connection: silence, in our direction.
    """

    silence_seconds = 120.0

    def request(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  # urllib3's own
        """See ``HTTPSConnection``; it sets the socket's time-out from ours."""
        self.timeout = self.silence_seconds
        super().request(*args, **options)


class Connections:
    """Sockets, kept for reuse, to one registry and wherever it redirects to; for many threads.

    Args:
        context: What is trusted.
        timeout_seconds: How long the other side may be silent, at any moment.
        size: Most idle connections kept for each host; more may be open at once.
        proxy: On the way to some; None means the environment's, if it has one.
    """

    def __init__(
        self, context: ssl.SSLContext, *, timeout_seconds: float, size: int, proxy: Optional[Proxy] = None
    ) -> None:
        self._options: dict[str, Any] = {
            "ssl_context": context,
            "timeout": urllib3.Timeout(connect=min(30.0, timeout_seconds), read=timeout_seconds),
            "maxsize": size,
            "block": False,
            "retries": False,
        }
        self._patient = _pool_of(timeout_seconds)
        self._direct = self._pooled(urllib3.PoolManager(**self._options))
        self._proxy = proxy or Proxy.from_environment()
        self._proxied = self._through(self._proxy) if self._proxy else None

    def pools_for(self, host: str) -> PoolManager:
        """Return what leads to ``host``: directly, or through the proxy."""
        if self._proxy is None or self._proxied is None or not self._proxy.leads_to(host):
            return self._direct
        return self._proxied

    def close(self) -> None:
        """Close all idle connections; those in use are closed by who uses them."""
        self._direct.clear()
        if self._proxied is not None:
            self._proxied.clear()

    def _through(self, proxy: Proxy) -> PoolManager:
        login, address = proxy.credentials(), proxy.address()
        return self._pooled(
            urllib3.ProxyManager(
                address,
                proxy_headers=urllib3.make_headers(proxy_basic_auth=login) if login else None,
                proxy_ssl_context=tls_context() if address.startswith("https:") else None,
                **self._options,
            )
        )

    def _pooled(self, manager: PoolManager) -> PoolManager:
        manager.pool_classes_by_scheme = {**manager.pool_classes_by_scheme, "https": self._patient}
        return manager


def _pool_of(silence_seconds: float) -> type[HTTPSConnectionPool]:
    connection = type("_Connection", (_Patient,), {"silence_seconds": silence_seconds})
    return type("_Pool", (HTTPSConnectionPool,), {"ConnectionCls": connection})
