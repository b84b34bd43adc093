from __future__ import annotations

import json

import pytest

from bootstrap.errors import RegistryError
from bootstrap.release.graph import GraphClient, parse_graph, with_query
from bootstrap.release.version import Version
from tests.release.graphs import answer


class Recorder:
    """A downloader that answers every URL with the same graph."""

    def __init__(self, body: bytes) -> None:
        self.body, self.urls = body, []

    def get(self, url, *, accept="*/*", **_):
        assert accept == "application/json"
        self.urls.append(url)
        return self.body


def test_a_graph_is_asked_for_by_channel_architecture_and_id_and_only_once():
    recorder = Recorder(answer(["4.20.1"]))
    client = GraphClient("https://updates.example.com/graph?id=mine&x=1", recorder)
    graph = client.graph("stable-4.20", "amd64")
    assert client.graph("stable-4.20", "amd64") is graph
    (url,) = recorder.urls
    assert url.startswith("https://updates.example.com/graph?x=1&channel=stable-4.20&arch=amd64&id=")
    assert "mine" not in url


def test_channels_of_a_node_come_from_its_metadata():
    graph = parse_graph(answer(["4.20.1"], channels={"4.20.1": "stable-4.20, fast-4.20"}))
    assert graph.nodes[0].channels == ("fast-4.20", "stable-4.20")
    assert graph.find(Version(4, 20, 1)) is graph.nodes[0]
    assert graph.find(Version(4, 20, 2)) is None


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"{}",
        json.dumps({"nodes": [{"version": "x", "payload": "quay.io/a/b:1"}]}).encode(),
        json.dumps({"nodes": [{"version": "4.20.1", "payload": "quay.io/a/b:1"}]}).encode(),
        json.dumps({"nodes": [], "edges": [[0, 1]]}).encode(),
        json.dumps({"nodes": [], "edges": [[0]]}).encode(),
    ],
)
def test_what_is_no_graph_is_refused(body):
    with pytest.raises(RegistryError, match="is not an update graph"):
        parse_graph(body)


def test_a_query_replaces_parameters_of_the_same_name():
    assert with_query("https://h/p?a=1&b=2#f", {"a": "3"}) == "https://h/p?b=2&a=3"
