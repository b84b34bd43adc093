"""A few small roles and a playbook, in the shape of the real ones, and sites to read with them."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from bootstrap.site.load import load_site

FILES = {
    "roles/registry_service/meta/argument_specs.yml": """
        argument_specs:
          main:
            options:
              registry_service_hostname: {type: str, description: DNS name of the registry.}
              registry_service_port: {type: int, description: "TCP port, 1-65535."}
              registry_service_log_level:
                type: str
                choices: [error, info]
                description:
                  - How much it logs.
                  - A second paragraph.
              registry_service_delete_enabled: {type: bool, description: Whether clients may delete.}
        """,
    "roles/registry_service/defaults/main.yml": """
        registry_service_hostname: "{{ inventory_hostname }}"
        registry_service_port: 5000
        registry_service_log_level: "{{ __registry_service_level }}"
        registry_service_delete_enabled: false
        """,
    "roles/registry_service/vars/main.yml": """
        __registry_service_level: info
        __registry_service_limits:
          registry_service_hostname: {format: name_or_address}
          registry_service_port: {format: port}
        """,
    "roles/registry_tls/meta/argument_specs.yml": """
        argument_specs:
          main:
            options:
              registry_tls_names: {type: list, elements: str, description: More names.}
              registry_tls_provided_key: {type: path, description: Key on the controller.}
              registry_tls_state_dir: {type: path, description: Where the site state is.}
              registry_tls_hostname: {type: str, description: Owned by registry_service_hostname.}
        """,
    "roles/registry_tls/defaults/main.yml": """
        registry_tls_names: []
        registry_tls_provided_key: ""
        registry_tls_state_dir: "{{ inventory_dir }}/.bootstrap-registry"
        """,
    "roles/registry_tls/vars/main.yml": """
        __registry_tls_limits:
          registry_tls_names: {format: name_or_address}
          registry_tls_provided_key: {format: controller_path, optional: true}
          registry_tls_state_dir: {format: controller_path}
        """,
    "roles/registry_auth/meta/argument_specs.yml": """
        argument_specs:
          main:
            options:
              registry_auth_password: {type: str, no_log: true, description: Made once when empty.}
              registry_auth_bcrypt_cost: {type: int, description: Work factor.}
        """,
    "roles/registry_auth/defaults/main.yml": """
        registry_auth_password: ""
        registry_auth_bcrypt_cost:
        """,
    "roles/registry_auth/vars/main.yml": """
        __registry_auth_limits:
          registry_auth_password: {min_length: 12, optional: true}
          registry_auth_bcrypt_cost: {minimum: 4, maximum: 15, optional: true}
        """,
    "roles/mirror_content/meta/argument_specs.yml": """
        argument_specs:
          main:
            options:
              mirror_content_redirects:
                type: list
                elements: dict
                description: Where content is taken instead.
                options:
                  prefix: {type: str, required: true}
                  location: {type: str, required: true}
              mirror_content_owner: {type: str, required: true, description: Nobody has a default for this.}
        """,
    "roles/mirror_content/defaults/main.yml": "mirror_content_redirects: []",
    "roles/mirror_content/vars/main.yml": """
        __mirror_content_limits:
          mirror_content_redirects:
            keys: {prefix: {format: image_prefix}, location: {format: location}}
        """,
    "playbooks/site.yml": """
        - name: Stand up the registry
          hosts: registry
          roles:
            - role: registry_tls
              vars:
                registry_tls_hostname: "{{ registry_service_hostname }}"
            - role: registry_auth
            - role: registry_service
        - name: Fill it
          hosts: mirror
          tasks:
            - name: Mirror
              ansible.builtin.import_role:
                name: mirror_content
        """,
}
GOOD = {
    "hosts.yml": """
        registry:
          hosts:
            reg2.example.com: {ansible_host: 192.0.2.12}
            reg1.example.com: {ansible_host: 192.0.2.11}
        mirror:
          hosts:
            localhost: {ansible_connection: local}
        """,
    "group_vars/all.yml": "mirror_content_owner: me",
}


def write_files(directory: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).strip() + "\n", encoding="utf-8")
    return directory


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch) -> None:
    """Keep the working directory's ansible.cfg out of it."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def ours(tmp_path_factory) -> Path:
    return write_files(tmp_path_factory.mktemp("ours"), FILES)


@pytest.fixture
def make_site(tmp_path):
    """Return a function that writes a site: the good one, with some files replaced (None removes one)."""

    def make(changed: dict[str, str | None] | None = None, name: str = "lab") -> Path:
        files = {**GOOD, **(changed or {})}
        (tmp_path / name).mkdir()
        return write_files(tmp_path / name, {key: text for key, text in files.items() if text is not None})

    return make


@pytest.fixture
def load(ours):
    """Return ``load_site`` over the small roles."""

    def do(inventory: Path, **arguments):
        return load_site(inventory, roles_dir=ours / "roles", playbooks_dir=ours / "playbooks", **arguments)

    return do
