#!/usr/bin/python
"""Looks at what TLS needs to know of a host; changes nothing. Runs on the host's Python (3.9 or newer)."""

from __future__ import annotations

import json
import os
import ssl
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: registry_tls_look
short_description: Returns a registry's certificate, and the host's names and addresses
description:
  - Returns the certificate that a directory holds and whether its key belongs to it. The key itself never
    leaves the host.
  - Returns the kernel's node name, /etc/hosts and what C(ip -json address) says.
  - For the action plugin C(registry_tls_certificate).
options:
  directory:
    description: Where registry.crt and registry.key are.
    type: path
    required: true
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Look at the certificate
  registry_tls_look:
    directory: /opt/registry/certs
"""

RETURN = r"""
certificate:
  description: The PEM text of registry.crt, null where there is none.
  type: str
  returned: always
is_pair:
  description: Whether the key is there and is the certificate's.
  type: bool
  returned: always
nodename:
  description: The kernel's name of the host.
  type: str
  returned: always
hosts_file:
  description: Text of /etc/hosts.
  type: str
  returned: always
links:
  description: Network links with their addresses, as iproute2 prints them; empty where it is not installed.
  type: list
  returned: always
"""


def text_of(path: Path) -> str | None:
    """Return a file's text, None where there is none."""
    try:
        return path.read_text(errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_pair(certificate: Path, key: Path) -> bool:
    """Say whether the host's TLS library would serve the certificate with this key."""
    try:
        # A key with a passphrase is of no use to a service: an empty answer keeps OpenSSL from asking.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            str(certificate), str(key), password=lambda: ""
        )
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        return False
    return True


def links(module: AnsibleModule) -> list[dict[str, object]]:
    """Return what ``ip`` says of links and addresses."""
    ip = module.get_bin_path("ip", opt_dirs=["/sbin", "/usr/sbin"])
    if ip is None:
        return []
    _code, out, _said = module.run_command([ip, "-json", "address", "show", "up"])
    try:
        found = json.loads(out)
    except ValueError:
        return []
    return [link for link in found if isinstance(link, dict)]


def main() -> None:
    """Look, and tell."""
    module = AnsibleModule(
        argument_spec={"directory": {"type": "path", "required": True}}, supports_check_mode=True
    )
    directory = Path(module.params["directory"])
    module.exit_json(
        changed=False,
        certificate=text_of(directory / "registry.crt"),
        is_pair=is_pair(directory / "registry.crt", directory / "registry.key"),
        nodename=os.uname().nodename,
        hosts_file=text_of(Path("/etc/hosts")) or "",
        links=links(module),
    )


if __name__ == "__main__":
    main()
