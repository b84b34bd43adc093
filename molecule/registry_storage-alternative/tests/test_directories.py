"""The directories, with the rights they are to have."""

import pytest


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("/srv/mirror.d/registry", 0o755),
        ("/srv/mirror.d/registry/auth", 0o700),
        ("/srv/mirror.d/registry/certs", 0o755),
        ("/srv/mirror.d/registry/conf", 0o700),
        ("/srv/mirror.d/registry/data", 0o700),
    ],
)
def test_directories_are_roots_with_their_modes(host, path, mode):
    found = host.file(path)
    assert found.is_directory
    assert (found.user, found.group, oct(found.mode)) == ("root", "root", oct(mode))


def test_nothing_stands_where_it_does_by_default(host):
    assert not host.file("/opt/registry").exists
