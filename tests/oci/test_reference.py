import pytest

from bootstrap.errors import ConfigError
from bootstrap.oci.digest import Digest
from bootstrap.oci.reference import Reference

HEX = "0123456789abcdef" * 4
DIGEST = f"sha256:{HEX}"

VALID = [
    # text, registry, repository, tag, has digest; the first ones are from distribution/reference's own tests
    ("test.com/repo:tag", "test.com", "repo", "tag", False),
    ("test:5000/repo", "test:5000", "repo", None, False),
    ("test:5000/repo:tag", "test:5000", "repo", "tag", False),
    (f"test:5000/repo@{DIGEST}", "test:5000", "repo", None, True),
    (f"test:5000/repo:tag@{DIGEST}", "test:5000", "repo", "tag", True),
    ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com", "bar/baz/quux", None, False),
    (
        "b.gcr.io/test.example.com/my-app:test.example.com",
        "b.gcr.io",
        "test.example.com/my-app",
        "test.example.com",
        False,
    ),
    ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", False),
    ("[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000", "repo", "tag", False),
    ("[2001:db8::1]/repo", "[2001:db8::1]", "repo", None, False),
    ("[fe80::1]:5000/x", "[fe80::1]:5000", "x", None, False),
    ("192.0.2.10:5000/a", "192.0.2.10:5000", "a", None, False),
    ("localhost/a", "localhost", "a", None, False),
    ("localhost:5000/a/b:T_1.x-Y", "localhost:5000", "a/b", "T_1.x-Y", False),
    ("Quay.IO/a", "Quay.IO", "a", None, False),
    ("quay.io/a__b/c---d/e.f_g", "quay.io", "a__b/c---d/e.f_g", None, False),
    (
        "quay.io/openshift-release-dev/ocp-release:4.20.9-x86_64",
        "quay.io",
        "openshift-release-dev/ocp-release",
        "4.20.9-x86_64",
        False,
    ),
    ("quay.io/a:" + "t" * 128, "quay.io", "a", "t" * 128, False),
    ("quay.io/" + "a" * 247, "quay.io", "a" * 247, None, False),
]


@pytest.mark.parametrize(("text", "registry", "repository", "tag", "has_digest"), VALID)
def test_a_reference_is_read_and_written_back(text, registry, repository, tag, has_digest):
    found = Reference.parse(text)
    assert found == Reference(registry, repository, tag, Digest(DIGEST) if has_digest else None)
    assert found.name == f"{registry}/{repository}"
    assert str(found) == text


INVALID = [
    ("", "does not begin with a registry"),
    ("busybox", "does not begin with a registry"),
    ("library/busybox", "does not begin with a registry"),
    ("busybox:1.36", "does not begin with a registry"),
    ("quay.io", "does not begin with a registry"),
    ("/a", "does not begin with a registry"),
    ("quay.io:/a", "does not begin with a registry"),
    ("quay.io:0/a", "does not begin with a registry"),
    ("quay.io:65536/a", "does not begin with a registry"),
    ("fd00::1/a", "does not begin with a registry"),
    ("-quay.io/a", "does not begin with a registry"),
    ("quay..io/a", "does not begin with a registry"),
    ("user@quay.io/a", "is not sha256"),
    ("docker://quay.io/a", "scheme"),
    ("https://quay.io/a", "scheme"),
    ("quay.io/", "not a repository"),
    ("quay.io/A", "not a repository"),
    ("quay.io/a//b", "not a repository"),
    ("quay.io/a/", "not a repository"),
    ("quay.io/../a", "not a repository"),
    ("quay.io/a_-b", "not a repository"),
    ("quay.io/a___b", "not a repository"),
    ("quay.io/a b", "not a repository"),
    ("quay.io/a\n", "not a repository"),
    ("quay.io/a:", "not a tag"),
    ("quay.io/a:.x", "not a tag"),
    ("quay.io/a:-x", "not a tag"),
    ("quay.io/a:" + "t" * 129, "not a tag"),
    ("quay.io/a:x:y", "not a tag"),
    ("quay.io/a@", "is not sha256"),
    ("quay.io/a@sha256:12", "is not sha256"),
    (f"quay.io/a@{DIGEST.upper()}", "is not sha256"),
    (f"quay.io/a@{DIGEST}@{DIGEST}", "is not sha256"),
    ("quay.io/" + "a" * 248, "longer than 255"),
]


@pytest.mark.parametrize(("text", "why"), INVALID)
def test_what_is_no_full_reference_is_refused_with_the_reason(text, why):
    with pytest.raises(ConfigError) as caught:
        Reference.parse(text)
    assert why in caught.value.why
    assert repr(text) in caught.value.what


def test_a_reference_can_be_turned_into_another_of_its_repository():
    both = Reference.parse(f"quay.io/a:tag@{DIGEST}")
    assert str(both.with_tag("other")) == "quay.io/a:other"
    assert str(both.with_digest(Digest(DIGEST))) == f"quay.io/a@{DIGEST}"
    with pytest.raises(ConfigError, match="not a tag"):
        both.with_tag("a/b")
