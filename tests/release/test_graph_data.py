from __future__ import annotations

import gzip
import io
import tarfile

import pytest

from bootstrap.errors import RegistryError
from bootstrap.oci.digest import Digest
from bootstrap.release.graph_data import download, make_layer

URL = "https://updates.example.com/graph-data"
FILES = {
    "version": b"1.2.0\n",
    "channels/stable-4.20.yaml": b"name: stable-4.20\n",
    "blocked-edges/a.yaml": b"a: 1\n",
}
ROOT = "var/lib/cincinnati-graph-data"


class Served:
    """A downloader that has one file."""

    def __init__(self, body):
        self.body = body

    def get(self, url, *, redirects, **_):
        assert (url, redirects) == (URL, 5)
        return self.body


def packed(files, *, mtime=0, names=None, kind=tarfile.REGTYPE):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in names or files:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.uid, entry.mode, entry.type = (
                len(files[name]),
                mtime,
                mtime,
                0o600,
                kind,
            )
            archive.addfile(entry, io.BytesIO(files[name]))
    return out.getvalue()


def test_the_layer_has_the_files_where_the_update_service_looks_and_everybody_may_read_them():
    layer = download(URL, Served(packed(FILES)))
    tar = gzip.decompress(layer.content)
    assert layer.diff_id == Digest.of(tar)
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        found = {entry.name: entry for entry in archive}
        assert {
            name: archive.extractfile(entry).read() for name, entry in found.items() if entry.isfile()
        } == {f"{ROOT}/{name}": content for name, content in FILES.items()}
    assert {oct(entry.mode) for entry in found.values() if entry.isfile()} == {"0o644"}
    folders = {name: oct(entry.mode) for name, entry in found.items() if entry.isdir()}
    assert folders == dict.fromkeys([ROOT, f"{ROOT}/blocked-edges", f"{ROOT}/channels"], "0o755")
    assert {(entry.mtime, entry.uid, entry.gid, entry.uname) for entry in found.values()} == {(0, 0, 0, "")}


def test_the_same_data_give_the_same_bytes_whoever_packed_them():
    one = download(URL, Served(packed(FILES)))
    other = download(URL, Served(packed(FILES, mtime=1700000000, names=sorted(FILES))))
    assert one.content == other.content
    # As it came out on one machine: it has to be so on every other, whatever its Python and its zlib.
    assert (
        str(Digest.of(one.content))
        == "sha256:f66378db05054f242c96559ca03c9fa42af529ef8557d8d5b16f3eb739f17de8"
    )


def test_files_of_more_than_one_block_come_out_whole():
    content = bytes(range(256)) * 1000
    layer = make_layer({f"{ROOT}/channels/x": content})
    assert content in gzip.decompress(layer.content)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html>log in</html>", "not a gzip file"),
        (packed(FILES)[:-30], ""),
        (packed({"cincinnati-graph-data-master/channels/x": b""}), "no directory channels at its top"),
        (packed({"channels/x": b"", "../../etc/passwd": b""}), "has a file '../../etc/passwd'"),
        (packed({"channels/x": b""}, kind=tarfile.SYMTYPE), "no directory channels"),
    ],
)
def test_what_is_no_graph_data_is_refused_with_the_setting_to_look_at(body, said):
    with pytest.raises(RegistryError, match="cannot fetch the graph data") as caught:
        download(URL, Served(body))
    assert said in caught.value.why
    assert "mirror_content_graph_data_url" in caught.value.fix
