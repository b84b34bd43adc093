import pytest

from bootstrap.errors import ConfigError
from bootstrap.registry.redirects import Mirror, Redirect, places, read_redirects, resolve

REDIRECTS = [
    Redirect("quay.io", "upstream.example.com:5000"),
    Redirect("quay.io/openshift-release-dev", "mirror.example.com/ocp"),
    Redirect("quay.io/openshift-release-dev/ocp-release", "[fd00::1]:5000/releases"),
    Redirect("registry:5000", "upstream.example.com:5000"),
    Redirect("*.redhat.io", "enclave.example.com/redhat"),
    Redirect("*.connect.redhat.io"),
    Redirect("registry.redhat.io/ubi9", "enclave.example.com/ubi9"),
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
        # TestRefMatchingSubdomainPrefix and TestFindRegistry of system_registries_v2_test.go.
        ("registry.redhat.io/rhel9/x", "enclave.example.com/redhat/rhel9/x"),
        ("a.b.redhat.io/x", "enclave.example.com/redhat/x"),
        ("redhat.io/x", "redhat.io/x"),
        ("notredhat.io/x", "notredhat.io/x"),
        ("registry.redhat.io.example.com/x", "registry.redhat.io.example.com/x"),
        ("example.com/registry.redhat.io/x", "example.com/registry.redhat.io/x"),
        ("registry.redhat.io/ubi9/ubi", "enclave.example.com/ubi9/ubi"),
        ("registry.connect.redhat.io/x", "registry.connect.redhat.io/x"),
    ],
)
def test_the_longest_prefix_wins_where_a_part_of_the_name_ends(name, found):
    assert resolve(name, REDIRECTS) == found
    assert resolve(name, REDIRECTS[::-1]) == found


def test_a_redirect_is_not_redirected_again():
    chain = [Redirect("a.io", "b.io"), Redirect("b.io", "c.io")]
    assert resolve("a.io/x", chain) == "b.io/x"


def test_of_two_equal_prefixes_the_first_counts():
    assert resolve("a.io/x", [Redirect("a.io", "b.io"), Redirect("a.io", "c.io")]) == "b.io/x"


@pytest.mark.parametrize(
    ("prefix", "location"),
    [
        ("https://quay.io", "a.io"),
        ("*.redhat.io/path", "a.io"),
        ("*redhat.io", "a.io"),
        ("quay.io/*", "a.io"),
        ("quay.io/", "a.io"),
        ("quay.io/a:tag", "a.io"),
        ("quay.io/A", "a.io"),
        ("", "a.io"),
        ("quay.io", "http://a.io"),
        ("quay.io", "a.io/"),
        ("quay.io", "*.a.io"),
    ],
)
def test_what_is_no_name_is_refused(prefix, location):
    with pytest.raises(ConfigError, match="cannot redirect"):
        Redirect(prefix, location)


MIRRORS = (
    Mirror("one.example.com"),
    Mirror("two.example.com/a", "digest-only"),
    Mirror("three:5000", "tag-only"),
)


@pytest.mark.parametrize(
    ("redirects", "found"),
    [
        ([], ["quay.io/b:all"]),
        (
            [Redirect("quay.io", "quay.io", MIRRORS)],
            [
                "one.example.com/b:all",
                "two.example.com/a/b:digest-only",
                "three:5000/b:tag-only",
                "quay.io/b:all",
            ],
        ),
        ([Redirect("quay.io", "", (Mirror("m.io"),))], ["m.io/b:all", "quay.io/b:all"]),
        ([Redirect("quay.io", "up.io", (Mirror("m.io/q"),))], ["m.io/q/b:all", "up.io/b:all"]),
        # mirrorSourcePolicy NeverContactSource: the machine-config operator writes blocked with the mirrors.
        ([Redirect("quay.io", "quay.io", (Mirror("m.io"),), is_blocked=True)], ["m.io/b:all"]),
        # newDockerClientInternal of docker_client.go: what is blocked is looked up by where it really is.
        (
            [
                Redirect("quay.io", "quay.io", (Mirror("m.io"), Mirror("n.io"))),
                Redirect("m.io", is_blocked=True),
            ],
            ["n.io/b:all", "quay.io/b:all"],
        ),
        ([Redirect("*.io", "", (Mirror("m.example.com"),))], ["m.example.com/b:all", "quay.io/b:all"]),
    ],
)
def test_the_mirrors_come_first_in_their_order_and_the_location_last(redirects, found):
    assert [f"{place.name}:{place.pull}" for place in places("quay.io/b", redirects)] == found


@pytest.mark.parametrize(
    "redirects",
    [
        [Redirect("quay.io", "quay.io", is_blocked=True)],
        [Redirect("quay.io/b", "m.io", (Mirror("m.io"),)), Redirect("m.io", is_blocked=True)],
        [Redirect("quay.io", "m.io"), Redirect("m.io", is_blocked=True)],
    ],
)
def test_what_is_blocked_everywhere_is_refused_by_name(redirects):
    with pytest.raises(ConfigError, match=r"cannot fetch quay\.io/b\n.*nothing that is not blocked"):
        places("quay.io/b", redirects)


def test_entries_are_read_as_registries_conf_has_them():
    found, problems = read_redirects(
        [
            {"prefix": "quay.io", "location": "up.example.com/"},
            {
                "location": "a.io",
                "mirror": [{"location": "m.io", "pull-from-mirror": "tag-only"}],
                "insecure": False,
            },
            {
                "prefix": "b.io",
                "location": "b.io",
                "mirror-by-digest-only": True,
                "mirror": [{"location": "m.io"}],
            },
            {"prefix": "*.c.io", "blocked": True},
        ]
    )
    assert problems == []
    assert found == [
        Redirect("quay.io", "up.example.com"),
        Redirect("a.io", "a.io", (Mirror("m.io", "tag-only"),)),
        Redirect("b.io", "b.io", (Mirror("m.io", "digest-only"),)),
        Redirect("*.c.io", "", (), is_blocked=True),
    ]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        ("quay.io", "[0]: it has to be a mapping"),
        ({}, "[0]: it has neither prefix nor location"),
        ({"prefix": "a.io"}, "[0]: it has neither location nor mirror"),
        ({"prefix": "a.io", "locaton": "b.io"}, "[0].locaton: there is no such key"),
        ({"prefix": "a.io", "location": 5}, "[0].location: it has to be a text"),
        ({"prefix": "https://a.io", "location": "b.io"}, "[0]: 'https:"),
        ({"prefix": "a.io", "location": "a.io", "insecure": True}, "[0].insecure: insecure is refused"),
        (
            {"prefix": "a.io", "mirror": [{"location": "b.io", "insecure": True}]},
            "[0].mirror[0].insecure: insecure",
        ),
        ({"prefix": "a.io", "mirror": "b.io"}, "[0].mirror: it has to be a list"),
        ({"prefix": "a.io", "mirror": ["b.io"]}, "[0].mirror[0]: it has to be a mapping"),
        ({"prefix": "a.io", "mirror": [{}]}, "[0].mirror[0].location: it is missing"),
        (
            {"prefix": "a.io", "mirror": [{"location": "b.io", "pull-from-mirror": "digest"}]},
            "[0].mirror[0].pull-from-mirror: it has to be one of all, digest-only, tag-only",
        ),
        (
            {
                "prefix": "a.io",
                "mirror-by-digest-only": True,
                "mirror": [{"location": "b.io", "pull-from-mirror": "all"}],
            },
            "[0].mirror[0].pull-from-mirror: not together",
        ),
        ({"prefix": "a.io", "location": "a.io", "blocked": "yes"}, "[0].blocked: it has to be true or false"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said_with_its_place(entry, problem):
    found, problems = read_redirects([entry])
    assert found == []
    assert any(line.startswith(problem) for line in problems), problems
