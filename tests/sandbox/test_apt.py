"""Where Debian packages come from, as the machine's own apt has it."""

from pathlib import Path

import pytest

from bootstrap.errors import HostError
from bootstrap.sandbox.apt import MIRROR_VARIABLE, debian_mirror, entries

DEB822 = """\
Types: deb deb-src
# a comment between two fields
URIs: http://mirror.example.net/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.net/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.fixture
def root(tmp_path):
    """A file system with Debian's keys and no apt sources yet."""
    (tmp_path / "etc/apt/sources.list.d").mkdir(parents=True)
    keyring = tmp_path / "usr/share/keyrings/debian-archive-keyring.gpg"
    keyring.parent.mkdir(parents=True)
    keyring.write_bytes(b"keys")
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    (root / "etc/apt" / name).write_text(text)


def test_a_deb822_stanza_names_the_mirror_and_its_keys(root):
    write(root, "sources.list.d/debian.sources", DEB822)
    mirror = debian_mirror(root, {})
    assert mirror.url == "http://mirror.example.net/debian"
    assert mirror.keyring == root / "usr/share/keyrings/debian-archive-keyring.gpg"


def test_a_one_line_entry_with_options_is_read(root):
    (root / "etc/other.gpg").write_bytes(b"keys")
    line = "deb [arch=amd64 signed-by=/etc/other.gpg] https://deb.example.org/debian/ trixie main contrib\n"
    write(root, "sources.list", f"# deb http://old.example.org/debian bookworm main\n{line}")
    mirror = debian_mirror(root, {})
    assert (mirror.url, mirror.keyring) == ("https://deb.example.org/debian", root / "etc/other.gpg")


@pytest.mark.parametrize(
    "line",
    [
        "deb https://download.example.com/linux/debian bookworm stable",  # another vendor's, other component
        "deb https://apt.example.com/ bookworm main",  # another vendor's, other path
        "deb-src http://mirror.example.net/debian bookworm main",  # sources only
        "deb http://mirror.example.net/debian bookworm-updates main",  # not a whole distribution
        "deb http://archive.example.net/ubuntu noble main universe",
    ],
)
def test_what_is_not_debian_itself_is_not_taken(root, line):
    write(root, "sources.list.d/x.list", f"{line}\n")
    with pytest.raises(HostError) as error:
        debian_mirror(root, {})
    assert MIRROR_VARIABLE in error.value.fix


def test_a_disabled_stanza_is_passed_over(root):
    write(root, "sources.list.d/debian.sources", "Enabled: no\n" + DEB822.partition("\n\n")[0] + "\n")
    assert list(entries(root)) == []


def test_a_mirror_list_of_a_cloud_image_is_followed(root):
    uri = "mirror+file:///etc/apt/mirrors/debian.list"
    write(
        root,
        "sources.list.d/debian.sources",
        DEB822.replace("http://mirror.example.net/debian\n", f"{uri}\n"),
    )
    (root / "etc/apt/mirrors").mkdir()
    write(root, "mirrors/debian.list", "# nearest first\nhttps://near.example.org/debian\n")
    assert debian_mirror(root, {}).url == "https://near.example.org/debian"


def test_the_environment_helps_where_apt_knows_no_debian(root):
    assert debian_mirror(root, {MIRROR_VARIABLE: "http://set.example.org/debian"}).url.startswith(
        "http://set."
    )


def test_missing_keys_are_named_with_their_package(root):
    write(root, "sources.list.d/debian.sources", DEB822)
    (root / "usr/share/keyrings/debian-archive-keyring.gpg").unlink()
    with pytest.raises(HostError, match="debian-archive-keyring"):
        debian_mirror(root, {})
