import pytest

from bootstrap.errors import ConfigError
from bootstrap.site import registries_conf

# The example of containers-registries.conf(5), and what the machine-config operator of OpenShift writes.
GOOD = """
unqualified-search-registries = ["example.com"]
short-name-mode = "permissive"

[aliases]
fedora = "registry.fedoraproject.org/fedora"

[[registry]]
prefix = "example.com/foo"
insecure = false
blocked = false
location = "internal-registry-for-example.com/bar"

[[registry.mirror]]
location = "example-mirror-0.local/mirror-for-foo"

[[registry.mirror]]
location = "example-mirror-1.local/mirrors/foo"
pull-from-mirror = "digest-only"

[[registry]]
  prefix = ""
  location = "quay.io/openshift-release-dev/ocp-release"
  mirror-by-digest-only = true

  [[registry.mirror]]
    location = "registry.example.com:5000/openshift/release-images"
"""


def test_a_file_gives_its_tables_as_they_are(tmp_path):
    path = tmp_path / "registries.conf"
    path.write_text(GOOD)
    first, second = registries_conf.read(path)
    assert first["mirror"][1] == {
        "location": "example-mirror-1.local/mirrors/foo",
        "pull-from-mirror": "digest-only",
    }
    assert second["mirror-by-digest-only"] is True
    assert registries_conf.merged([{"prefix": "a.io", "location": "b.io"}], str(path))[1:] == [first, second]
    assert registries_conf.merged([], "") == []
    assert registries_conf.problems([], str(path)) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[registry]\n", "it is not TOML"),
        ("[registries.search]\nregistries = ['a.io']\n", "version 1"),
        ("[[registry]]\nlocation='a.io'\ninsecure=true\n", "registry[0].insecure: insecure is refused"),
        ("[[registry]]\nlocaton='a.io'\n", "registry[0].locaton: there is no such key"),
        ("registry='a.io'\n", "an array of tables"),
        ("registrys=[]\n", "registrys: there is no such key"),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_name(tmp_path, text, why):
    path = tmp_path / "registries.conf"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        registries_conf.read(path)
    assert str(path) in caught.value.what
    assert why in caught.value.why
    assert any(why in line for line in registries_conf.problems([], str(path)))


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match="No such file"):
        registries_conf.read(tmp_path / "none")
