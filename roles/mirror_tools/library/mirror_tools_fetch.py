#!/usr/bin/python
"""Fetches an archive, through a proxy where there is one. Runs on the host's Python (3.9 or newer)."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: mirror_tools_fetch
short_description: Fetch an https URL into a file
description:
  - What ansible.builtin.get_url does, but with a proxy that no argument list and no environment shows.
options:
  url:
    description: What to fetch.
    type: str
    required: true
  path:
    description: File to write.
    type: path
    required: true
  proxy:
    description: URL of the proxy for https; empty for the one that systemd gives to services, if any.
    type: str
    default: ""
  no_proxy:
    description: What is reached without it.
    type: list
    elements: str
    default: []
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Fetch oc-mirror
  mirror_tools_fetch:
    url: https://files.example.com/4.20.3/oc-mirror.rhel9.tar.gz
    path: /root/oc-mirror.rhel9.tar.gz
"""

RETURN = r"""
size:
  description: Bytes that came.
  type: int
  returned: success
"""

SECONDS = 60  # without a byte
PIECE = 1024 * 1024


class Short(Exception):
    """The connection ended before all had come."""


class Fetch:
    """One URL, and the way to it."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.url, self.path = module.params["url"], Path(module.params["path"])

    def run(self) -> int:
        """Write the file, and return its size.

        Raises:
            Short: Less came than the server had announced. What came is removed, as after every failure.
        """
        try:
            return self.write()
        except http.client.IncompleteRead as error:
            self.path.unlink(missing_ok=True)
            raise Short("the connection ended in the middle") from error
        except BaseException:
            self.path.unlink(missing_ok=True)
            raise

    def write(self) -> int:
        """Write what comes, and see that it is all."""
        size = 0
        with self.opener().open(self.url, timeout=SECONDS) as answer, self.path.open("wb") as file:
            for piece in iter(lambda: answer.read(PIECE), b""):
                size += file.write(piece)
        # http.client takes the end of the connection for the end of the body, unless that is chunked.
        announced = answer.headers.get("Content-Length", "")
        if announced.isdigit() and size != int(announced):
            raise Short(f"the connection ended after {size} of {announced} bytes")
        return size

    def opener(self) -> urllib.request.OpenerDirector:
        """Return what fetches the URL, through the proxy where there is one for it."""
        proxy, bypass = self.module.params["proxy"], self.module.params["no_proxy"]
        if not proxy:
            given = self.service_variables()
            proxy = given.get("https_proxy") or given.get("HTTPS_PROXY") or ""
            bypass = (given.get("no_proxy") or given.get("NO_PROXY") or "").split(",")
        is_direct = not proxy or is_bypassed(urlsplit(self.url).hostname or "", bypass)
        return urllib.request.build_opener(urllib.request.ProxyHandler({} if is_direct else {"https": proxy}))

    def service_variables(self) -> dict[str, str]:
        """Return the variables that systemd gives to services; without systemd, those of this shell."""
        systemctl = self.module.get_bin_path("systemctl")
        code, said, _error = (
            self.module.run_command([systemctl, "show-environment"]) if systemctl else (1, "", "")
        )
        return dict(unquoted(line) for line in said.splitlines()) if code == 0 else dict(os.environ)


def is_bypassed(host: str, bypass: list[str]) -> bool:
    """Say whether a host is reached without the proxy: it, a domain of it, or its network is in the list."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(urllib.request.proxy_bypass_environment(host, {"no": ",".join(bypass)}))
    for entry in bypass:
        with contextlib.suppress(ValueError):
            if address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
    return False


def unquoted(line: str) -> tuple[str, str]:
    """Return name and value of a line, without the quotes that systemctl puts around some values."""
    name, _, value = line.partition("=")
    return name, value[2:-1] if value.startswith("$'") and value.endswith("'") else value


def why_and_fix(error: Exception) -> tuple[str, str]:
    """Return why nothing came, and what to do about it."""
    reason = getattr(error, "reason", None) or error
    if isinstance(error, Short):
        return str(error), "run it again"
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the server answers {error.code} {error.reason}", "correct src of it"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return str(reason), "let the mirror host trust the CA of that server"
    return str(reason), "see that the mirror host gets there (mirror_content_proxy)"


def main() -> None:
    """Do what the parameters ask."""
    module = AnsibleModule(
        argument_spec={
            "url": {"type": "str", "required": True},
            "path": {"type": "path", "required": True},
            "proxy": {"type": "str", "default": "", "no_log": True},
            "no_proxy": {"type": "list", "elements": "str", "default": []},
        }
    )
    fetch = Fetch(module)
    try:
        size = fetch.run()
    except (OSError, ValueError, Short, http.client.HTTPException) as error:
        why, fix = why_and_fix(error)
        fix += ", or download it to the controller and name its path in src"
        module.fail_json(msg=f"cannot fetch {fetch.url}: {why}. To mend it: {fix}.")
    module.exit_json(changed=True, size=size)


if __name__ == "__main__":
    main()
