"""``init`` writes a site that we accept ourselves, and overwrites nothing."""

import re

import pytest
import yaml

from bootstrap.errors import ConfigError
from bootstrap.imageset.read import read_file
from bootstrap.site.formats import is_address
from bootstrap.site.load import load_site
from bootstrap.site.new import settings_file, write_site
from bootstrap.site.schema import Schema


@pytest.fixture
def site(tmp_path):
    write_site(tmp_path / "sites" / "lab")
    return tmp_path / "sites" / "lab"


def test_it_is_a_site_that_we_read_with_the_roles_we_ship(site) -> None:
    read = load_site(site)
    assert [host.location for host in read.registries] == ["registry1.example.com:5000"]
    assert read.registries[0].connection.address == "192.0.2.11"
    assert read.mirror_host == read.registries[0]
    assert read.registries[0].chosen == set()
    assert read.warnings == ()


def test_every_setting_is_there_commented_and_is_its_default_when_the_hash_is_removed(site) -> None:
    text = (site / "group_vars/all.yml").read_text()
    assert yaml.safe_load(text) is None
    uncommented = yaml.safe_load(re.sub(r"^#(?=[^ ])|^#(?=  )", "", text, flags=re.MULTILINE))
    schema = Schema.load()
    assert list(uncommented) == [option.name for option in schema.settings()]
    for name, value in uncommented.items():
        default = schema.options[name].default
        assert value == (default.strip() if isinstance(default, str) else default), name


def test_uncommented_defaults_are_accepted(site) -> None:
    path = site / "group_vars/all.yml"
    text = re.sub(r"^#(?=[^ ])|^#(?=  )", "", path.read_text(), flags=re.MULTILINE)
    # A default that refers to itself through another is a loop once it is set; those stay comments.
    path.write_text(text)
    assert load_site(site).registries[0].chosen


def test_descriptions_and_limits_are_its_comments(ours) -> None:
    text = settings_file(Schema.load(ours / "roles", ours / "playbooks"))
    assert "# TCP port, 1-65535.\n#registry_service_port: 5000\n" in text
    assert "# A second paragraph.\n# Must be one of error, info.\n" in text
    assert "registry_tls_hostname" not in text
    assert max(map(len, text.splitlines())) <= 110


def test_addresses_are_those_that_belong_to_nobody(site) -> None:
    text = (site / "hosts.yml").read_text()
    addresses = [word for word in re.findall(r"[0-9a-f.:]{7,}", text) if is_address(word)]
    assert addresses
    assert all(word.startswith(("192.0.2.", "2001:db8:")) for word in addresses)


def test_the_image_set_names_the_documented_version_and_channel(site) -> None:
    content = yaml.safe_load((site / "imageset.yaml").read_text())
    assert content["apiVersion"] == "mirror.openshift.io/v2alpha1"
    assert content["mirror"]["platform"]["channels"] == [{"name": "stable-4.20"}]


def test_f1_the_image_set_that_is_begun_with_is_one_that_we_read(site) -> None:
    assert [channel.name for channel in read_file(site / "imageset.yaml").platform.channels] == [
        "stable-4.20"
    ]


@pytest.mark.parametrize("name", ["hosts.yml", "group_vars/all.yml", "imageset.yaml", ".gitignore"])
def test_nothing_is_overwritten_and_then_nothing_is_written(tmp_path, name) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    with pytest.raises(ConfigError, match=f"will not overwrite {path}"):
        write_site(tmp_path)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == [path]
    assert path.read_text() == "mine"


def test_a_place_that_cannot_be_written_is_said(tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot write"):
        write_site(tmp_path / "file" / "lab")
