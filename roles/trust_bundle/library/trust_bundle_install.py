#!/usr/bin/python
"""Makes a host trust certificates, system-wide and in podman. Runs on the host's Python (3.9 or newer)."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: trust_bundle_install
short_description: Make curl, podman and all the others trust certificates
description:
  - Puts each certificate into the host's anchors, and all of them into C(/etc/containers/certs.d) for each
    registry. Files that an earlier run put there and that are not asked for any more are removed.
  - What counts is the bundle that programs read. When a certificate is not in it, the host's own command is
    run, also when the files were right already because a run was stopped in between.
options:
  certificates:
    description: PEM certificates, one an item. Empty to undo everything.
    type: list
    elements: str
    required: true
  registries:
    description: Registries (host:port) that podman reaches with these certificates.
    type: list
    elements: str
    required: true
  anchors:
    description: Directory of the host's own anchors.
    type: path
    required: true
  bundle:
    description: The file that the host makes of all anchors.
    type: path
    required: true
  command:
    description: What makes it.
    type: list
    elements: str
    required: true
  certs_d:
    description: podman's directory of certificates by registry.
    type: path
    default: /etc/containers/certs.d
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Trust the registry
  trust_bundle_install:
    certificates: ["{{ lookup('ansible.builtin.file', 'ca.crt') }}"]
    registries: ["registry1.example.com:5000"]
    anchors: /usr/local/share/ca-certificates
    bundle: /etc/ssl/certs/ca-certificates.crt
    command: [update-ca-certificates]
"""

RETURN = r"""
actions:
  description: What was done, or would be; one sentence each.
  type: list
  returned: always
"""

MARK = "# Managed by bootstrap-registry; changes are lost.\n"
ANCHOR = "bootstrap-registry-"
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", re.DOTALL)


class Trust:
    """The files that make the host trust, and what is done to them."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.certificates = [each.strip() + "\n" for each in module.params["certificates"]]
        self.certs_d, self.bundle = Path(module.params["certs_d"]), Path(module.params["bundle"])
        self.actions: list[str] = []

    def sync_registries(self) -> None:
        """Give podman the certificates of every registry, and take back what is not asked for any more."""
        registries = self.module.params["registries"] if self.certificates else []
        wanted = {registry_file(self.certs_d / each) for each in registries}
        for path in sorted(wanted):
            self.put(path, MARK + "".join(self.certificates))
        for path in sorted(self.certs_d.glob("*/*.crt")):
            if path not in wanted and read(path).startswith(MARK):
                self.drop(path)
                if not self.module.check_mode and not any(path.parent.iterdir()):
                    path.parent.rmdir()

    def sync_anchors(self) -> None:
        """Make the host's own bundle hold our certificates, and no earlier ones of ours."""
        anchors = Path(self.module.params["anchors"])
        wanted = {anchors / anchor_name(each): each for each in self.certificates}
        stale = {path: bodies(read(path)) for path in anchors.glob(ANCHOR + "*.crt") if path not in wanted}
        for path, certificate in wanted.items():
            self.put(path, certificate)
        for path in sorted(stale):
            self.drop(path)
        needed, gone = bodies("".join(self.certificates)), set().union(*stale.values())
        before = bodies(read(self.bundle))
        if needed <= before and not gone & before:
            return
        if self.module.check_mode:
            self.actions.append(f"update {self.bundle}")
            return
        self.update(needed, before)

    def update(self, needed: set[str], before: set[str]) -> None:
        """Have the host make its bundle anew, and see what became of it."""
        command = self.module.params["command"]
        program = self.module.get_bin_path(command[0], required=True)
        self.module.run_command([program, *command[1:]], check_rc=True)
        after = bodies(read(self.bundle))
        if after != before:
            self.actions.append(f"update {self.bundle}")
        if not needed <= after:
            # p11-kit takes only certificate authorities; a self-signed leaf is in podman's own files alone.
            self.module.warn(
                f"{self.bundle} does not hold every certificate of ours after {program}: it takes "
                "authorities only. podman trusts the registry; curl needs --cacert, or "
                "registry_tls_mode: site_ca."
            )

    def put(self, path: Path, text: str) -> None:
        """Write a file that differs, at once, readable by all."""
        if read(path) == text:
            return
        self.actions.append(f"write {path}")
        if self.module.check_mode:
            return
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=self.module.tmpdir)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.module.atomic_move(partial, str(path))
        self.module.set_mode_if_different(str(path), "0644", False)

    def drop(self, path: Path) -> None:
        """Remove a file of ours."""
        self.actions.append(f"remove {path}")
        if not self.module.check_mode:
            path.unlink()


def anchor_name(certificate: str) -> str:
    """Return the file name of an anchor: one certificate a file, as c_rehash wants it."""
    return f"{ANCHOR}{hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()[:16]}.crt"


def registry_file(directory: Path) -> Path:
    """Return the file for a registry's certificates: ``ca.crt``, or one beside somebody else's."""
    path = directory / "ca.crt"
    is_ours = not path.exists() or read(path).startswith(MARK)
    return path if is_ours else directory / "bootstrap-registry.crt"


def bodies(text: str) -> set[str]:
    """Return the Base64 of every PEM certificate in ``text``, whatever its lines were."""
    return {"".join(each.split()) for each in _BLOCK.findall(text)}


def read(path: Path) -> str:
    """Return a file's text, "" when there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    strings = {"type": "list", "elements": "str", "required": True}
    module = AnsibleModule(
        argument_spec={
            "certificates": strings,
            "registries": strings,
            "anchors": {"type": "path", "required": True},
            "bundle": {"type": "path", "required": True},
            "command": strings,
            "certs_d": {"type": "path", "default": "/etc/containers/certs.d"},
        },
        supports_check_mode=True,
    )
    trust = Trust(module)
    trust.sync_registries()
    trust.sync_anchors()
    module.exit_json(changed=bool(trust.actions), actions=trust.actions)


if __name__ == "__main__":
    main()
