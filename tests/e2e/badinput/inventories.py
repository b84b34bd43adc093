"""Bad input in the inventory's structure: groups, YAML, and how hosts are reached."""

from __future__ import annotations

from tests.e2e.badinput.case import Case, Spoiled, Told


def _hosts(text: str) -> object:
    return lambda site: site.write("hosts.yml", text)


def _set(**settings: object) -> object:
    return lambda site: site.set(**settings)


def _group_vars(text: str) -> object:
    return lambda site: site.write("group_vars/all.yml", text)


def _no_utf8(site: Spoiled) -> None:
    site.write("group_vars/registry.yml", b"registry_service_port: 5000 # caf\xe9\n")


CASES = (
    Case(
        "no group registry",
        _hosts("servers:\n  hosts:\n    registry1:\n"),
        (Told("has no registry", "", ""),),
    ),
    Case(
        "two mirror hosts",
        _hosts("registry: {hosts: {registry1: }}\nmirror: {hosts: {registry1: , other: }}\n"),
        (Told("the group `mirror` has 2 hosts", "registry1, other", "leave one"),),
    ),
    Case(
        "host in web_server only",
        _hosts("web_server: {hosts: {registry1: }}\n"),
        (Told("has no registry", "", ""),),
    ),
    Case(
        "YAML syntax error", _hosts("registry:\n  hosts:\n    registry1: [\n"), (Told("hosts.yml:", "", ""),)
    ),
    Case(
        "tab in the inventory",
        _hosts("registry:\n\thosts:\n\t\tregistry1:\n"),
        (Told("hosts.yml:2", "Tabs", ""),),
    ),
    Case(
        "tab in the settings",
        _group_vars("registry_service_port:\n\t5000\n"),
        (Told("all.yml:2", "Tabs", ""),),
    ),
    Case(
        "key given twice",
        _group_vars("registry_service_port: 5000\nregistry_service_port: 5001\n"),
        (Told("all.yml", "registry_service_port", "remove one"),),
    ),
    Case("settings are a list", _group_vars("- registry_service_port: 5000\n"), (Told("all.yml", "", ""),)),
    Case("settings are no UTF-8", _no_utf8, (Told("registry.yml", "", ""),)),
    Case("hosts as a list", _hosts("registry:\n  hosts:\n    - registry1\n"), (Told("hosts.yml", "", ""),)),
    Case(
        "group and host of one name",
        _hosts("registry:\n  hosts:\n    registry:\n"),
        (Told("", "same name", "rename the host"),),
    ),
    Case(
        "unknown become method", _set(ansible_become_method="teleport"), (Told("registry1", "teleport", ""),)
    ),
    Case(
        "connection by winrm", _set(ansible_connection="winrm"), (Told("registry1", "winrm", "ssh or local"),)
    ),
    Case("ssh port is a word", _set(ansible_port="ssh"), (Told("registry1", "", ""),)),
    Case("ssh port out of range", _set(ansible_port=70000), (Told("ansible_port is", "1-65535", ""),)),
    Case(
        "variable that is not there",
        _set(registry_service_port="{{ our_port }}"),
        (Told("registry_service_port", "our_port", ""),),
    ),
    Case(
        "template that is none",
        _set(registry_service_port="{{ 5000"),
        (Told("registry_service_port", "", ""),),
    ),
    Case(
        "lookup of a missing file",
        _set(registry_auth_password="{{ lookup('file', '/nowhere/password') }}"),
        (Told("registry_auth_password", "/nowhere/password", ""),),
    ),
)
