"""Values that a person types for a hosted cluster: read strictly; those of published examples are refused.

Every function raises ValueError, whose message is the reason, without the value where that is a secret.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import hashlib
import ipaddress
import re
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

from bootstrap.cluster.object_names import dns_name

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

ETCD_KEY_BYTES = 32
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TOP_DOMAIN = re.compile(r"[a-zA-Z]{2,}")
_NOBODY = ("localhost", "localhost4", "localhost6")
_LONGEST_LABEL = 63
_QUANTITY = re.compile(r"[1-9][0-9]*(Mi|Gi|Ti|M|G|T)")
_SSH_TYPES = ("ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521")
_LEAST_RSA_BITS = 2048

# SHA-256 of values that documentation published: the RSA key in its InfraEnv, whose owner would get into
# every node, and the key of its etcd.
_PUBLISHED_SSH = "3e86e5191b739020eef0d79bed908c58ce0a1200864627e1e8ba342b2a8cd5d0"
_PUBLISHED_ETCD = "392d9d9742b2fedef5edb9f99df927b1ee07d17c62cd53b399e8ca97c3dc0d26"
_DEFAULT_PASSWORDS = ("admin", "password", "calvin", "changeme", "root", "dummy", "adminadmin")

# metal3-io/baremetal-operator at 02aa505, docs/api.md and pkg/hardwareutils/bmc: drivers that boot from
# virtual media, as the Agent platform does; each also with +http or +https.
_MEDIA = ("redfish-virtualmedia", "idrac-virtualmedia", "ilo5-virtualmedia")
_OTHERS = (
    "redfish",
    "redfish-uefihttp",
    "idrac",
    "idrac-redfish",
    "ilo4",
    "ilo4-virtualmedia",
    "ilo5",
    "irmc",
)
_WITHOUT_MEDIA = (*_OTHERS, "ipmi", "libvirt")


def base_domain(text: str) -> str:
    """Read the domain that a cluster's names end in (HostedCluster CRD, rule of ``dns.baseDomain``)."""
    if "." in text and not _TOP_DOMAIN.fullmatch(text.rpartition(".")[2]):
        raise ValueError(f"{text!r}: HyperShift takes a domain whose last label is of letters, two or more")
    return dns_name(text)


def host_name(text: str) -> str:
    """Read the name of a bare-metal host, which is its node's.

    Source: openshift/assisted-service ``internal/host/hostutil/host_utils.go`` (``ForbiddenHostnames``);
    kubernetes: a node has its name in a label, too.
    """
    if _UUID.fullmatch(text):
        raise ValueError(f"{text!r} is a UUID, and metal3 refuses these as names")
    if text.partition(".")[0] in _NOBODY:
        raise ValueError(f"{text!r} is no name of a host: each host calls itself so")
    if len(text) > _LONGEST_LABEL:
        raise ValueError(f"{text!r} has {len(text)} characters, and a node's name {_LONGEST_LABEL} at most")
    return dns_name(text)


def quantity(text: str) -> str:
    """Read a size as Kubernetes writes it."""
    if not _QUANTITY.fullmatch(text):
        raise ValueError(f"{text!r} is no size such as 8Gi")
    return text


def network(text: str) -> Network:
    """Read a CIDR."""
    try:
        found = ipaddress.ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no CIDR such as 10.132.0.0/14 or fd01::/48: {error}") from None
    if "/" not in text:  # which Python takes for a network of one address
        raise ValueError(f"{text!r} is an address, and no CIDR such as 10.132.0.0/14 or fd01::/48")
    return found


def address_or_name(text: str) -> str:
    """Read an IP address (IPv6 without brackets) or a DNS name."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        if re.fullmatch(r"[\d.]+", text) or ":" in text:
            raise ValueError(f"{text!r} is no IP address") from None
        return dns_name(text)


def mac(text: str) -> str:
    """Read the MAC address of one interface."""
    if not _MAC.fullmatch(text):
        raise ValueError(f"{text!r} is no MAC address such as 52:54:00:12:34:56")
    if int(text[:2], 16) & 1:
        raise ValueError(f"{text!r} is a multicast address, and no interface has one")
    return text.lower()


def device(text: str) -> str:
    """Read a disk as metal3's rootDeviceHints take it."""
    if not re.fullmatch(r"/dev/([^/\s]+|disk/by-path/[^/\s]+)", text):
        raise ValueError(f"{text!r} is neither /dev/NAME nor /dev/disk/by-path/NAME")
    return text


def ssh_key(text: str) -> str:
    """Read one SSH public key as a line of ``authorized_keys`` has it, without options."""
    line = " ".join(text.split())
    kind, _, rest = line.partition(" ")
    if kind not in _SSH_TYPES:
        raise ValueError(f"it is no SSH public key: it has to begin with one of {', '.join(_SSH_TYPES)}")
    blob = rest.partition(" ")[0]
    try:
        key = load_ssh_public_key(f"{kind} {blob}".encode())
        content = base64.b64decode(blob, validate=True)
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        raise ValueError(f"it is no SSH public key: {error or 'it cannot be read'}") from None
    if hashlib.sha256(content).hexdigest() == _PUBLISHED_SSH:
        raise ValueError(
            "it is the key of an example in the documentation: whoever owns it gets into every node"
        )
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _LEAST_RSA_BITS:
        raise ValueError(f"it is an RSA key of {key.key_size} bits; the least is {_LEAST_RSA_BITS}")
    return line


def etcd_key(content: bytes) -> bytes:
    """Check the bytes of an AESCBC key for etcd."""
    if len(content) != ETCD_KEY_BYTES:
        raise ValueError(f"it has {len(content)} bytes, and an AESCBC key has {ETCD_KEY_BYTES}")
    if hashlib.sha256(content).hexdigest() == _PUBLISHED_ETCD:
        raise ValueError("it is the key of an example in the documentation: everybody has it")
    if len(set(content)) < ETCD_KEY_BYTES // 4:
        raise ValueError("it is not random")
    return content


def encoded_etcd_key(text: str) -> bytes:
    """Read an AESCBC key in base64, as a Secret has it."""
    try:
        return etcd_key(base64.b64decode(text.strip(), validate=True))
    except binascii.Error:
        raise ValueError("it is not base64") from None


def bmc_password(user: str, password: str) -> str:
    """Refuse a password that everybody tries first; it is never in the message."""
    if not password:
        raise ValueError(f"the password of {user} is empty")
    if password.lower() in (*_DEFAULT_PASSWORDS, user.lower()):
        raise ValueError(f"the password of {user} is one that everybody tries first: set another in the BMC")
    if password != password.strip() or not password.isprintable():
        raise ValueError("the password begins or ends with a blank, or has a control character")
    return password


def bmc_address(text: str) -> str:
    """Read the URL of a baseboard management controller, as metal3 takes it, that can boot virtual media."""
    if "@" in text:  # what is before it may be a password: it is not repeated
        raise ValueError("it has a user in it; that belongs into username and password")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{text!r} is no URL: {error}") from None
    scheme, _, transport = parts.scheme.partition("+")
    if scheme not in _MEDIA or transport not in ("", "http", "https"):
        raise ValueError(_about_scheme(text, parts.scheme))
    if parts.query or parts.fragment:
        raise ValueError(f"{text!r} has a query or a fragment: only host, port and path are used")
    if port == 0 or not parts.hostname:
        raise ValueError(f"{text!r} names no host and port")
    _check_host(text, parts)
    if not parts.path.startswith("/redfish/v1/Systems/") or parts.path.endswith("/"):
        raise ValueError(f"{text!r} has to name the system: …/redfish/v1/Systems/1")
    return text


def _check_host(text: str, parts: SplitResult) -> None:
    host = parts.hostname or ""
    is_bracketed = "[" in parts.netloc
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        version = None
        if is_bracketed:
            raise ValueError(f"{text!r}: what is in brackets is no IPv6 address") from None
        try:
            address_or_name(host)
        except ValueError as error:
            raise ValueError(f"{text!r}: {error}") from None
    if is_bracketed and version == 4:
        raise ValueError(f"{text!r}: brackets are for IPv6 addresses, and {host} is of IPv4")


def _about_scheme(text: str, scheme: str) -> str:
    known = scheme.partition("+")[0]
    if known in _WITHOUT_MEDIA:
        return f"{text!r}: with {scheme} metal3 boots no virtual media; use one of {', '.join(_MEDIA)}"
    near = difflib.get_close_matches(scheme, _MEDIA, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(_MEDIA)}, also with +http or +https"
    return f"{text!r} has the scheme {scheme!r}; {hint}"


def is_readable_by_others(path: Path) -> bool:
    """Whether somebody else than the owner may read ``path``."""
    return bool(path.stat().st_mode & 0o044)
