from __future__ import annotations

import base64
import json

import pytest

from bootstrap.errors import ConfigError
from bootstrap.registry.auth import AuthFile
from bootstrap.registry.pool import Registries
from bootstrap.registry.redirects import Mirror, Redirect
from tests.fakes.images import make_image, push
from tests.fakes.registry import CREDENTIALS, FakeRegistry, authority


def _auth_file(**users):
    entries = {
        name: {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}
        for name, (user, password) in users.items()
    }
    return AuthFile.parse(json.dumps({"auths": entries}))


MINE = (CREDENTIALS.username, CREDENTIALS.password)


@pytest.fixture
def ca_file(tmp_path):
    path = tmp_path / "ca.crt"
    path.write_text(authority().pem)
    return str(path)


def test_an_image_is_found_where_it_is_redirected_to_with_the_credentials_of_that_place(fake, ca_file):
    auth_file = _auth_file(**{"quay.io": ("somebody", "else"), fake.location: MINE})
    redirects = [Redirect("quay.io/a", f"{fake.location}/upstream")]
    with Registries(auth_file, redirects, {fake.location: ca_file}) as registries:
        store, repository = registries.store_for("quay.io/a/b")
        assert repository == "upstream/b"
        image = make_image("pool")
        push(store, repository, image, tag="v1")
        assert registries.store_at(fake.location).resolve("upstream/b", "v1") == image.descriptor


def test_a_registry_has_one_client_for_each_credentials(fake, ca_file):
    other = {f"{fake.location}/private": ("somebody", "else"), fake.location: MINE}
    with Registries(_auth_file(**other), (), default_ca_file=ca_file) as registries:
        one, two = (registries.store_for(f"{fake.location}/{name}")[0] for name in ("a", "b/c"))
        assert one.client is two.client is registries.store_at(fake.location).client
        assert registries.store_for(f"{fake.location}/private/x")[0].client is not one.client


def test_the_ca_file_of_a_registry_is_for_that_registry_only(fake, ca_file, tmp_path):
    with FakeRegistry() as second:
        (tmp_path / "none.crt").write_text("no certificate")
        files = {fake.location: ca_file, second.location: str(tmp_path / "none.crt")}
        with Registries(_auth_file(**{fake.location: MINE}), (), files) as registries:
            registries.store_at(fake.location).client.ping()
            with pytest.raises(ConfigError, match=r"none\.crt"):
                registries.store_at(second.location)


def test_the_short_names_of_docker_hub_are_made_long():
    with Registries() as registries:
        assert registries.store_for("docker.io/registry")[1] == "library/registry"
        assert registries.store_for("docker.io/library/registry")[1] == "library/registry"
        assert registries.store_for("docker.io/bitnami/x")[1] == "bitnami/x"
        assert registries.store_for("quay.io/registry")[1] == "registry"


def test_mirrors_are_tried_in_order_each_with_its_own_login_and_the_location_last(fake, ca_file):
    image, late = make_image("pool"), make_image("late")
    with FakeRegistry() as mirror, FakeRegistry() as locked:
        auth_file = _auth_file(**{mirror.location: MINE, fake.location: MINE, "quay.io": ("not", "asked")})
        places = Mirror(f"{locked.location}/q"), Mirror(f"{mirror.location}/quay")
        redirects = [Redirect("quay.io", fake.location, places)]
        with Registries(auth_file, redirects, default_ca_file=ca_file) as registries:
            push(registries.store_at(mirror.location), "quay/a/b", image, tag="v1")
            push(registries.store_at(fake.location), "a/b", late, tag="v2")
            store, repository = registries.store_for("quay.io/a/b")
            assert registries.store_for("quay.io/a/b")[0] is store
            assert store.resolve(repository, "v1").digest == image.digest
            assert store.manifest(repository, image.digest)[0] == image.raw
            assert store.resolve(repository, "v2").digest == late.digest
        # Without an entry in the auth file the first is asked once, and once only.
        assert [(each.status, each.authorization) for each in locked.log] == [(401, None)]


@pytest.mark.parametrize(
    "name", ["", "quay.io", "quay.io/", "quay.io/a:tag", "https://quay.io/a", "quay.io/A"]
)
def test_what_is_no_repository_is_refused(name):
    with Registries() as registries, pytest.raises(ConfigError, match="not a repository"):
        registries.store_for(name)
