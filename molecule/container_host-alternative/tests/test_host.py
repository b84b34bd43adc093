"""A host that has everything needs no package manager."""


def test_nobody_asked_the_package_manager(host):
    assert not host.file("/var/lib/apt/periodic/update-success-stamp").exists
    assert host.exists("podman")
