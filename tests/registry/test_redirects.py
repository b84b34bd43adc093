import pytest

from bootstrap.errors import ConfigError
from bootstrap.registry.redirects import Redirect, resolve

REDIRECTS = [
    Redirect("quay.io", "upstream.example.com:5000"),
    Redirect("quay.io/openshift-release-dev", "mirror.example.com/ocp"),
    Redirect("quay.io/openshift-release-dev/ocp-release", "[fd00::1]:5000/releases"),
    Redirect("registry:5000", "upstream.example.com:5000"),
]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("quay.io/a/b", "upstream.example.com:5000/a/b"),
        ("quay.io/openshift-release-dev/x", "mirror.example.com/ocp/x"),
        ("quay.io/openshift-release-dev/ocp-release", "[fd00::1]:5000/releases"),
        ("quay.io/openshift-release-dev/ocp-release-nightly", "mirror.example.com/ocp/ocp-release-nightly"),
        (
            "quay.io/openshift-release-development/x",
            "upstream.example.com:5000/openshift-release-development/x",
        ),
        ("quay.io.example.com/a", "quay.io.example.com/a"),
        ("quay.io:443/a", "quay.io:443/a"),
        ("registry:5000/a", "upstream.example.com:5000/a"),
        ("upstream.example.com:5000/a", "upstream.example.com:5000/a"),
    ],
)
def test_the_longest_prefix_wins_where_a_part_of_the_name_ends(name, found):
    assert resolve(name, REDIRECTS) == found
    assert resolve(name, REDIRECTS[::-1]) == found


def test_a_redirect_is_not_redirected_again():
    chain = [Redirect("a.io", "b.io"), Redirect("b.io", "c.io")]
    assert resolve("a.io/x", chain) == "b.io/x"


@pytest.mark.parametrize(
    ("prefix", "location"),
    [
        ("https://quay.io", "a.io"),
        ("*.redhat.io", "a.io"),
        ("quay.io/", "a.io"),
        ("quay.io/a:tag", "a.io"),
        ("quay.io/A", "a.io"),
        ("", "a.io"),
        ("quay.io", "http://a.io"),
        ("quay.io", "a.io/"),
    ],
)
def test_what_is_no_name_is_refused(prefix, location):
    with pytest.raises(ConfigError, match="cannot redirect"):
        Redirect(prefix, location)
