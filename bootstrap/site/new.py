"""``init``: a new site, commented from the same declarations that check it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import yaml

from bootstrap.errors import ConfigError
from bootstrap.site.reference import bound_of
from bootstrap.site.schema import Schema
from bootstrap.site.state import DEFAULT_NAME

if TYPE_CHECKING:
    from pathlib import Path

    from bootstrap.site.schema import Option

_WIDTH = 100

# Addresses are from RFC 5737 and RFC 3849, names from RFC 2606: they belong to nobody.
_HOSTS = """\
# The machines of this site. All of Ansible's ways to reach a host work: ansible_user, ansible_port,
# ansible_ssh_private_key_file, a jump host in ansible_ssh_common_args, your ~/.ssh/config …
# With plain Ansible, too: ansible-playbook -i hosts.yml …/playbooks/site.yml
---
registry:
  # The first registry is filled from the source, the others from the first; clusters are told of all of them.
  hosts:
    registry1.example.com: # the name by which clients reach it (registry_service_hostname)
      ansible_host: 192.0.2.11
      ansible_user: admin # may use sudo
    # registry2.example.com:
    #   ansible_host: "2001:db8::12"
    #   ansible_user: admin

# The one machine that moves the content; without it, the first registry does. With this, it is here.
# mirror:
#   hosts:
#     localhost:
#       ansible_connection: local
"""

_SETTINGS_HEAD = """\
# Settings of this site, each at its default. To change one, remove its `#` and write your value; what stays a
# comment follows the defaults of the bootstrap-registry you run. For one host only: host_vars/HOST.yml.
# Secrets belong into a vault: ansible-vault encrypt_string --name registry_auth_password
---
"""

_IMAGE_SET = """\
# What is mirrored: an ImageSetConfiguration, as oc-mirror v2 has it.
---
apiVersion: mirror.openshift.io/v2alpha1
kind: ImageSetConfiguration
mirror:
  platform:
    architectures:
      - amd64
    channels:
      - name: stable-4.20
        # Without versions: the newest release of the channel.
        # minVersion: 4.20.1
        # maxVersion: 4.20.9
        # shortestPath: true # of the releases between, only those that an update has to pass
    # graph: true # also the graph-data image, for an update service of the cluster's own
  # additionalImages:
  #   - name: registry.redhat.io/ubi9/ubi:latest
  # blockedImages:
  #   - name: quay.io/example/unwanted:1.0
"""

_IGNORE = f"""\
# Keys and passwords of the site: keep a copy somewhere safe, not in git.
/{DEFAULT_NAME}/
"""


def write_site(site: Path, schema: Schema | None = None) -> tuple[Path, ...]:
    """Write a commented inventory and image set for real hosts, and return what was written.

    Args:
        site: The directory; made when missing. Files of it that we do not write are left alone.
        schema: Which settings there are; None means those of the roles we ship.

    Raises:
        ConfigError: A file exists already, or the directory cannot be written; nothing was changed then.
    """
    files = {
        site / "hosts.yml": _HOSTS,
        site / "group_vars" / "all.yml": settings_file(schema or Schema.load()),
        site / "imageset.yaml": _IMAGE_SET,
        site / ".gitignore": _IGNORE,
    }
    if existing := [str(path) for path in files if path.exists() or path.is_symlink()]:
        raise ConfigError(
            f"will not overwrite {', '.join(existing)}",
            why="a site is there already",
            fix="choose another directory, or move those files away",
        )
    try:
        for path, text in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise ConfigError(
            f"cannot write {error.filename or site}",
            why=error.strerror or str(error),
            fix="choose a directory that you may write",
        ) from error
    return tuple(files)


def settings_file(schema: Schema) -> str:
    """Return ``group_vars/all.yml``: every setting, commented out at its default, described."""
    sections = []
    for role in schema.roles:
        options = [option for option in schema.settings(role) if option.has_default or option.is_required]
        if options:
            blocks = "\n".join(_block(option) for option in options)
            sections.append(f"# ── {role} {'─' * (_WIDTH - len(role) - 6)}\n\n{blocks}")
    return _SETTINGS_HEAD + "\n" + "\n".join(sections)


def _block(option: Option) -> str:
    text = [*option.description, bound_of(option)]
    comment = "\n".join(
        textwrap.fill(
            paragraph,
            _WIDTH,
            initial_indent="# ",
            subsequent_indent="# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for paragraph in text
        if paragraph
    )
    default = option.default.strip() if isinstance(option.default, str) else option.default
    setting = yaml.safe_dump({option.name: default}, width=1_000_000, allow_unicode=True, sort_keys=False)
    return comment + "\n" + textwrap.indent(setting, "#", lambda line: bool(line.strip()))
