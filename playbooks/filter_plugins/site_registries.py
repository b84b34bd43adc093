"""The registries of a site, from its inventory: what plays about one host have to know of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

_ROLES = Path(__file__).resolve().parents[2] / "roles"


def site_registries(
    hosts: Sequence[str], hostvars: Mapping[str, Mapping[str, Any]], state_dir: str, mirror_host: str
) -> list[dict[str, Any]]:
    """Return the registries in the inventory's order, as ``mirror_content_registries`` has them.

    Args:
        hosts: The group ``registry``.
        hostvars: Ansible's; the defaults of roles are not in it, so they are read from the roles.
        state_dir: The site's state on the controller.
        mirror_host: The registry that stands on it has its blobs at hand.
    """
    found = []
    for host in hosts:
        port = _setting(hostvars[host], "registry_service", "port")
        root = _setting(hostvars[host], "registry_storage", "root")
        found.append(
            {
                "location": f"{hostvars[host].get('registry_service_hostname', host)}:{port}",
                "ca_file": f"{state_dir}/trust/{host}.crt",
                "data_dir": f"{root}/data" if host == mirror_host else None,
            }
        )
    return found


def set_up(registries: Sequence[Mapping[str, Any]], is_check: bool) -> list[Mapping[str, Any]]:
    """Return those that have been set up: the others of a limited run cannot be trusted or filled yet.

    In check mode all are returned, for a real run would set them up.
    """
    return [one for one in registries if is_check or Path(one["ca_file"]).expanduser().exists()]


def existing(files: Sequence[str]) -> list[str]:
    """Return the files that exist on the controller."""
    return [file for file in files if Path(file).expanduser().exists()]


def _setting(variables: Mapping[str, Any], role: str, name: str) -> object:
    if (value := variables.get(f"{role}_{name}")) is not None:
        return value
    defaults = yaml.safe_load((_ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8"))
    return defaults[f"{role}_{name}"]


class FilterModule:
    """A site's registries, as filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "site_registries": site_registries,
            "site_registries_set_up": set_up,
            "site_existing_files": existing,
        }
