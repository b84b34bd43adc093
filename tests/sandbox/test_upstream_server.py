"""The server of the update graph and the signatures, over TLS, in this process."""

import json
import socket
import ssl
import threading

import pytest
import urllib3

from bootstrap.sandbox.upstream_server import Server
from tests.fakes.tls import Authority

GRAPH = {"version": 1, "nodes": [{"version": "4.20.9"}], "edges": [], "conditionalEdges": []}
SIGNED = "sha256=" + "a" * 64


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "graph.json").write_text(json.dumps({"stable-4.20/amd64": GRAPH}))
    (folder / "graph-data.tar.gz").write_bytes(b"graph data")
    (folder / f"signatures/{SIGNED}").mkdir(parents=True)
    (folder / f"signatures/{SIGNED}/signature-1").write_bytes(b"signed")
    (folder / "debian").mkdir()
    (folder / "debian/podman_5.4.2+ds1-2_amd64.deb").write_bytes(b"deb")
    authority = Authority()
    (folder / "ca.crt").write_text(authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue().write(folder))
    with Server(folder, context, 0) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join(10)


@pytest.fixture(scope="module")
def pool(server):
    with urllib3.PoolManager(ca_certs=str(server.directory / "ca.crt"), retries=False) as pool:
        yield pool


def get(pool, server, path, host="localhost"):
    return pool.request("GET", f"https://{host}:{server.server_port}{path}")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_the_graph_of_a_channel_is_served_in_both_families(pool, server, host):
    answer = get(pool, server, "/graph?channel=stable-4.20&arch=amd64&id=1", host)
    assert (answer.status, answer.json()) == (200, GRAPH)


@pytest.mark.parametrize("query", ["channel=stable-4.19&arch=amd64", "channel=stable-4.20&arch=arm64"])
def test_an_unknown_channel_or_architecture_has_an_empty_graph(pool, server, query):
    answer = get(pool, server, f"/graph?{query}")
    assert (answer.status, answer.json()["nodes"]) == (200, [])


def test_without_a_channel_the_question_is_refused(pool, server):
    assert get(pool, server, "/graph").status == 400


def test_the_graph_data_are_served(pool, server):
    answer = get(pool, server, "/graph-data")
    assert (answer.status, answer.data) == (200, b"graph data")


@pytest.mark.parametrize("equals", ["=", "%3D"])
def test_a_signature_is_served_with_its_equals_sign_escaped_or_not(pool, server, equals):
    answer = get(pool, server, f"/signatures/{SIGNED.replace('=', equals)}/signature-1")
    assert (answer.status, answer.data) == (200, b"signed")


@pytest.mark.parametrize("folder", ["/debian/", "/debian/./"])
def test_a_package_is_served_also_by_the_path_that_apt_makes(pool, server, folder):
    answer = get(pool, server, f"{folder}podman_5.4.2%2bds1-2_amd64.deb")
    assert (answer.status, answer.data) == (200, b"deb")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/debian/",
        "/debian/../graph.json",
        "/signatures/",
        f"/signatures/{SIGNED}/signature-2",
        "/signatures/../graph.json",
    ],
)
def test_everything_else_is_not_found(pool, server, path):
    assert get(pool, server, path).status == 404


def test_a_client_that_says_nothing_blocks_nobody(pool, server):
    with socket.create_connection(("127.0.0.1", server.server_port)):
        assert get(pool, server, "/graph?channel=x").status == 200
