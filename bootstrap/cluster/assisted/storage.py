"""The volumes of assisted-service: what it refuses, and what it works well with.

Source: assisted-service ``internal/controller/controllers/agentserviceconfig_controller.go``
(``minDatabaseStorage``, ``minFilesystemStorage``, ``minImageStorage``: it deploys nothing with less),
``docs/operator.md``; AgentServiceConfig's CRD: 2 GiB of image storage for each image.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bootstrap.errors import BootstrapError, ConfigError

_QUANTITY = re.compile(r"([1-9][0-9]{0,5})(Gi|Ti)")
_LEAST = {"database": 1, "filesystem": 1, "image": 10}  # GiB
_RECOMMENDED = {"database": 10, "filesystem": 20}
_EACH_IMAGE = 2


@dataclass(frozen=True)
class Storage:
    """What the user wants of volumes.

    Attributes:
        storage_class: Empty for the cluster's default.
        database: A size as ``10Gi`` or ``1Ti``; so are the others.
    """

    storage_class: str = ""
    database: str = "10Gi"
    filesystem: str = "20Gi"
    image: str = "50Gi"

    def claims(self) -> dict[str, dict[str, Any]]:
        """Return the fields of AgentServiceConfig's spec."""
        return {f"{name}Storage": self._claim(size) for name, size in self._sizes().items()}

    def judged(self, images: int) -> tuple[list[BootstrapError], list[str]]:
        """Return what is refused, and what is less than recommended.

        Args:
            images: How many boot images there are.
        """
        least = {**_LEAST, "image": max(_LEAST["image"], _EACH_IMAGE * images)}
        problems: list[BootstrapError] = []
        notes = []
        for name, size in self._sizes().items():
            amount = _gibibytes(size)
            if amount is None or amount < least[name]:
                problems.append(_refused(name, size, least[name]))
            elif amount < _RECOMMENDED.get(name, 0):
                notes.append(f"--{name}-storage is {size}, and {_RECOMMENDED[name]}Gi are recommended.")
        return problems, notes

    def _sizes(self) -> Mapping[str, str]:
        return {"database": self.database, "filesystem": self.filesystem, "image": self.image}

    def _claim(self, size: str) -> dict[str, Any]:
        of_class = {"storageClassName": self.storage_class} if self.storage_class else {}
        return {
            **of_class,
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
        }


def _refused(name: str, size: str, least: int) -> BootstrapError:
    return ConfigError(
        f"cannot use --{name}-storage {size}",
        why=f"assisted-service needs {least}Gi or more there, written as {least}Gi or 1Ti",
        fix=f"give at least {least}Gi",
    )


def _gibibytes(text: str) -> int | None:
    found = _QUANTITY.fullmatch(text)
    return int(found[1]) * (1024 if found[2] == "Ti" else 1) if found else None
