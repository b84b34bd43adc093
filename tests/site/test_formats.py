"""Known answers for every format; the examples come from the RFCs and specifications named beside them."""

import pytest

from bootstrap.site.formats import FORMATS

GOOD = {
    "port": ["1", "5000", "65535"],
    "hostname": [
        "registry1.example.com",
        "localhost",
        "a",
        "3com.example",
        "xn--bcher-kva.example",
        "a" * 63,
    ],
    "address": ["192.0.2.1", "2001:db8::1", "::1"],
    "name_or_address": ["registry1.example.com", "192.0.2.1", "2001:db8::1"],
    "location": [
        "registry1.example.com",
        "registry1.example.com:5000",
        "192.0.2.1:5000",
        "[2001:db8::1]:5000",
    ],
    "source_prefix": ["quay.io/openshift", "*.redhat.io", "*.a.b.example.com"],
    "image_prefix": ["quay.io", "quay.io/openshift-release-dev", "[2001:db8::1]:5000/a/b"],
    "image_reference": [
        "docker.io/library/registry:2",
        "localhost/a:b",
        f"quay.io/a/b@sha256:{'0' * 64}",
        f"reg.example:5000/a/b:v1@sha256:{'f' * 64}",
        "[2001:db8::1]:5000/x:1",
    ],
    "absolute_path": ["/opt/registry", "/srv/a-b_c.d/", "/x@y"],
    "own_directory": ["/opt/registry", "/srv/a", "/var/lib/bootstrap-registry", "/etcetera"],
    "controller_path": ["/home/me/pull secret.json", "~/pull-secret.json"],
    "cidr": ["192.0.2.0/24", "2001:db8::/32", "192.0.2.1/32"],
    "url": [
        "https://api.openshift.com/api/upgrades_info/v1/graph",
        "https://[2001:db8::1]:8443/x?arch=amd64",
    ],
    "url_any": ["http://mirror.example.com/", "https://mirror.example.com/"],
    "user_name": ["mirror", "me@example.com"],
    "proxy_url": [
        "http://proxy.example.com:3128",
        "https://user:p%40ss@proxy.example.com/",
        "http://u@[2001:db8::1]:3128",
    ],
    "direct": ["reg1.example.com", ".example.com", "192.0.2.7", "2001:db8::1", "192.0.2.0/24"],
    "path_or_url": ["/home/me/oc mirror.tar.gz", "~/oc", "https://files.example.com/4.20.3/oc.tar.gz"],
    "relative_path": ["live.iso", "9.6.20251023-0/x86_64/rhcos-live-iso.x86_64.iso"],
    "sha256": ["0123456789abcdef" * 4, "A" * 64],
    "version": ["4.20.3", "4.20.0-rc.1", "4.20.0-202510211040.p2"],
    "zone": ["public", "nm-shared", "internal_2"],
}
BAD = {
    "proxy_url": ["proxy.example.com:3128", "socks5://p:1080", "http://", "http://p:3128/path", "http://a b"],
    "direct": ["*", "http://a", "reg1:5000", "192.0.2.7/24", ".", "a,b"],
    "port": ["0", "65536", "-1", "05000", "http", "5000/tcp", "5000\n", "\u0665"],
    # RFC 1123 section 2.1 (hyphens, length), RFC 3696 section 2 (a last label of digits only).
    "hostname": [
        "-a.example",
        "a-.example",
        "a..example",
        "a.example.",
        "under_score",
        "a" * 64,
        "192.0.2.300",
        "a\n",
    ],
    "address": ["192.0.2.300", "[2001:db8::1]", "fe80::1%eth0", "192.0.2.0/24", "example.com"],
    "name_or_address": ["192.0.2.300", "two words", "[2001:db8::1]", "host:5000"],
    "location": [
        "2001:db8::1",
        "[2001:db8::1",
        "[2001:db8::1]5000",
        "[192.0.2.1]",
        "host:",
        "host:0",
        "host:5000/x",
    ],
    "source_prefix": ["*", "*.", "*redhat.io", "*.redhat.io/a", "*.redhat.io:5000", "https://quay.io"],
    "image_prefix": ["quay.io/", "quay.io/UPPER", "https://quay.io", "quay.io/a:b"],
    "image_reference": [
        "registry:2",  # no registry: docker.io is never guessed
        "library/registry:2",
        "docker.io/library/registry",
        "docker.io/library/registry:",
        "docker.io/library/registry@sha256:abc",
        "docker.io/Library/registry:2",
        "https://docker.io/library/registry:2",
    ],
    "absolute_path": [
        "/",
        "//",
        "opt",
        "~/x",
        "/opt/../etc",
        "/opt/a b",
        "/opt:Z",
        "/opt/%h",
        "/opt//x",
        "/opt\n",
    ],
    "own_directory": ["/", "/usr/registry", "/opt", "/opt/", "/var/lib", "/var/tmp/x", "opt/registry"],
    "controller_path": ["files/x", "./x", "~other/x", "/a\nb", "/a\0b"],
    "cidr": ["192.0.2.1/24", "192.0.2.0", "192.0.2.0/33", "fe80::%eth0/64", "any"],
    "url": [
        "http://example.com",
        "https://",
        "https://user:secret@example.com/",
        "example.com",
        "https://a b/",
    ],
    "url_any": ["ftp://example.com/", "file:///etc/passwd", "http://example.com:99999/"],
    "user_name": ["a:b", "a b", "a\n", "x" * 256],
    "path_or_url": ["files/oc.tar.gz", "http://example.com/oc", "https://user:secret@example.com/oc"],
    "relative_path": [
        "",
        "/etc/passwd",
        "../a",
        "a/../b",
        "a//b",
        "a/",
        "./a",
        ".hidden",
        "a/.b",
        "a b",
        "a;b",
    ],
    "sha256": ["0" * 63, "0" * 65, "sha256:" + "0" * 57, "g" * 64],
    "version": ["latest", "4", "v4.20.3", "stable-4.20", "4.20.3 "],
    "zone": ["pub lic", "pub;lic"],
}


def test_every_format_has_known_answers_both_ways() -> None:
    assert FORMATS.keys() == GOOD.keys() == BAD.keys()


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in GOOD.items() for text in texts])
def test_a_good_value_is_accepted(name: str, text: str) -> None:
    assert FORMATS[name].accepts(text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in BAD.items() for text in texts])
def test_a_bad_value_is_refused(name: str, text: str) -> None:
    assert not FORMATS[name].accepts(text)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_an_example_is_a_good_value(name: str) -> None:
    example = FORMATS[name].example.replace("{{ inventory_dir }}", "/site")
    assert FORMATS[name].accepts(example)
