"""What a failed connection means, in our words: who refused, who is unknown, whose certificate is wrong."""

from __future__ import annotations

import re
import socket
import ssl

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from bootstrap.errors import TransferError

# OpenSSL's X509_V_ERR_*: https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/
_NOT_YET_VALID, _EXPIRED = 9, 10
_UNKNOWN_CA = (2, 18, 19, 20, 21)
_WRONG_NAME = (62, 64)

# Alerts about a conversation that went wrong, not about what the two sides want of each other.
_GARBLED = re.compile(r"ALERT_UNEXPECTED_MESSAGE|BAD_RECORD_MAC|DECRYPT_ERROR|DECRYPTION_FAILED")
_CHECK_NETWORK = "check routes, firewalls and proxies between here and there"


def from_network(what: str, host: str, error: HTTPError) -> TransferError:
    """Return the error that says that ``what`` failed because ``host`` could not be talked to.

    Args:
        what: Our sentence, naming registry and repository.
        host: Whom the connection was for, ``host[:port]``.
        error: As urllib3 raised it.
    """
    if isinstance(error, ProxyError):
        return _failed(what, *_proxy(host, error))
    verification = _find(error, ssl.SSLCertVerificationError)
    if isinstance(verification, ssl.SSLCertVerificationError):
        why, fix = _certificate(host, verification)
        return _failed(what, why, fix, False)
    if _find(error, (ssl.SSLEOFError, ssl.SSLZeroReturnError)) is not None:
        return _failed(what, f"{host} closed the connection", "run it again; it resumes", True)
    if isinstance(error, SSLError) and _GARBLED.search(_cause(error)):
        return _failed(
            what, f"the connection to {host} broke: {_cause(error)}", "run it again; it resumes", True
        )
    if isinstance(error, SSLError):
        return _failed(
            what,
            f"{host} does not speak TLS as we do: {_cause(error)}",
            f"see what answers there: openssl s_client -connect {host}",
            False,
        )
    if isinstance(error, NameResolutionError):
        # EAI_AGAIN: the name server did not answer, which is no statement about the name.
        is_temporary = f"Errno {socket.EAI_AGAIN}]" in str(error)
        return _failed(
            what, f"the name of {host} does not resolve", "check the name and this host's DNS", is_temporary
        )
    if _find(error, ConnectionRefusedError) is not None:
        return _failed(
            what, f"{host} refused the connection", "check that the registry runs and its port", True
        )
    if isinstance(error, NewConnectionError):
        return _failed(what, f"{host} cannot be reached: {_cause(error)}", _CHECK_NETWORK, True)
    if isinstance(error, ConnectTimeoutError):
        return _failed(what, f"{host} did not answer in time", _CHECK_NETWORK, True)
    if isinstance(error, ReadTimeoutError) or _find(error, TimeoutError) is not None:
        return _failed(what, f"{host} went silent in the middle", _CHECK_NETWORK, True)
    return _failed(what, f"the connection to {host} broke: {_cause(error)}", "run it again; it resumes", True)


def _proxy(host: str, error: ProxyError) -> tuple[str, str, bool]:
    said = _cause(error)
    if " 407 " in said:
        fix = "put user and password into mirror_content_proxy (or HTTPS_PROXY): http://user:password@proxy:3128"
        return f"the proxy for {host} wants a log-in: {said}", fix, False
    if " 403 " in said:
        fix = f"have the proxy allow CONNECT to {host}, or let it bypass the proxy (mirror_content_no_proxy)"
        return f"the proxy refuses to lead to {host}: {said}", fix, False
    fix = "check mirror_content_proxy and mirror_content_no_proxy, or HTTPS_PROXY and NO_PROXY"
    return f"the proxy for {host} failed: {said}", fix, True


def _certificate(host: str, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    code = error.verify_code
    if code in _UNKNOWN_CA:
        return (
            f"the certificate of {host} is signed by an unknown authority ({error.verify_message})",
            f"give the CA of {host} as its CA file, or add it to this host's trust store",
        )
    if code in _WRONG_NAME:
        return (
            f"the certificate of {host} is for other names ({error.verify_message})",
            "use a name that the certificate has, or have it reissued with this one as SAN",
        )
    if code == _EXPIRED:
        return f"the certificate of {host} has expired", "renew it; check this host's clock too"
    if code == _NOT_YET_VALID:
        return f"the certificate of {host} is not valid yet", "check the clocks of both hosts"
    return (
        f"the certificate of {host} is not accepted: {error.verify_message}",
        f"have a look at it: openssl s_client -connect {host} -showcerts",
    )


def _find(
    error: BaseException, kind: type[BaseException] | tuple[type[BaseException], ...]
) -> BaseException | None:
    """Return the exception of ``kind`` inside ``error``: urllib3 hands causes on as arguments."""
    pending, seen = [error], 0
    while pending and seen < 20:
        current = pending.pop()
        seen += 1
        if isinstance(current, kind):
            return current
        inner = [*current.args, current.__cause__, current.__context__]
        pending += [each for each in inner if isinstance(each, BaseException)]
    return None


def _cause(error: BaseException) -> str:
    found = _find(error, OSError)
    said = found.strerror if isinstance(found, OSError) else None
    if said is not None and not isinstance(found, ssl.SSLError):
        return said[:1].lower() + said[1:]  # "no route to host", and no number of it
    return str(found or error)[:300]


def _failed(what: str, why: str, fix: str, is_temporary: bool) -> TransferError:
    return TransferError(what, why=why, fix=fix, is_temporary=is_temporary)
