"""The directories, with the rights they are to have."""

import pytest


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/opt/registry", 0o755),
        ("/opt/registry/auth", 0o700),
        ("/opt/registry/certs", 0o755),
        ("/opt/registry/conf", 0o700),
        ("/opt/registry/data", 0o700),
    ],
)
def test_directories_are_roots_with_their_modes(host, path, mode):
    found = host.file(path)
    assert found.is_directory
    assert (found.user, found.group, oct(found.mode)) == ("root", "root", oct(mode))
