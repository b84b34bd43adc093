"""Names that an API server takes (RFC 1123), for what a user may call otherwise."""

from __future__ import annotations

import re

from bootstrap.errors import BootstrapError, ConfigError, Problems

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*")
_LONGEST = 253


def dns_label(text: str) -> str:
    """Read a name that is one label of DNS, as a namespace is; raises ValueError."""
    if not _LABEL.fullmatch(text):
        raise ValueError(
            f"{text!r} is no DNS label: up to 63 of a-z, 0-9 and '-', none of these '-' at an end"
        )
    return text


def dns_name(text: str) -> str:
    """Read a DNS name, as most objects have it; raises ValueError."""
    if not _NAME.fullmatch(text) or len(text) > _LONGEST:
        raise ValueError(f"{text!r} is no DNS name: labels of a-z, 0-9 and '-', with '.' between them")
    return text


def raise_unnameable(*, namespace: str | None = None, **names: str | None) -> None:
    """Refuse names of options that no object can have.

    Args:
        namespace: What ``--namespace`` is.
        names: Of objects, by option, as ``config_map`` for ``--config-map``; None is not judged.

    Raises:
        ConfigError: (several as ``Problems``) An API server would refuse one.
    """
    judged = [(dns_label, "namespace", namespace), *((dns_name, key, names[key]) for key in names)]
    found: list[BootstrapError] = []
    for judge, key, text in judged:
        option = key.replace("_", "-")
        try:
            if text is not None:
                judge(text)
        except ValueError as error:
            found.append(
                ConfigError(
                    f"cannot use --{option} {text}",
                    why=str(error),
                    fix="give the name that it has in the cluster",
                )
            )
    if found:
        raise found[0] if len(found) == 1 else Problems(found)
