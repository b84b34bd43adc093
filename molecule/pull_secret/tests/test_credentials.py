"""Root's tools can log in to the registry, and nobody else can read how."""

import pytest


@pytest.mark.parametrize("path", ["/root/.config/containers/auth.json", "/root/.docker/config.json"])
def test_the_files_are_roots_alone(host, path):
    found = host.file(path)
    assert (found.user, found.group, oct(found.mode)) == ("root", "root", "0o600")


@pytest.mark.parametrize("path", ["/root/.config/containers/auth.json", "/root/.docker/config.json"])
def test_podman_knows_who_it_is_there(host, site, path):
    assert host.run(f"podman login --authfile {path} --get-login {site.name}:5000").stdout == "mirror\n"
