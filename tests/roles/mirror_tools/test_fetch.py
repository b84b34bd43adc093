"""An archive is fetched over verified TLS, directly or through the proxy that is named."""

import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.fakes.listener import Proxy
from tests.fakes.tls import Authority

CONTENT = b"an archive" * 1000


# What ends before its time, with a length that was announced, and in pieces.
SHORT = {
    "/short.tar.gz": (("Content-Length", "20000"), CONTENT),
    "/chunked.tar.gz": (("Transfer-Encoding", "chunked"), b"a\r\n0123456789\r\nff\r\nabc"),
}


class Files(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.close_connection = True
        if self.path in SHORT:
            self.send_response(200)
            self.send_header(*SHORT[self.path][0])
            self.end_headers()
            self.wfile.write(SHORT[self.path][1])
            return
        if self.path == "/nonsense.tar.gz":
            self.wfile.write(b"no HTTP at all\r\n\r\n")
            return
        self.send_response(200 if self.path == "/oc.tar.gz" else 404)
        self.end_headers()
        if self.path == "/oc.tar.gz":
            self.wfile.write(CONTENT)

    def log_message(self, *words):
        pass


@pytest.fixture
def server(tmp_path, monkeypatch):
    authority = Authority()
    (tmp_path / "ca.crt").write_text(authority.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("localhost").write(tmp_path / "server"))
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as found:
        found.socket = context.wrap_socket(found.socket, server_side=True)
        thread = threading.Thread(target=found.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://localhost:{found.server_port}"
        found.shutdown()
        thread.join()


@pytest.fixture
def fetch(plugin, run_module, programs, tmp_path):
    def run(url, **more):
        module = plugin("mirror_tools", "library", "mirror_tools_fetch")
        return run_module(module, url=url, path=str(tmp_path / "archive"), **more)

    return run


def test_what_the_server_has_is_written(server, fetch, tmp_path):
    assert fetch(f"{server}/oc.tar.gz")["size"] == len(CONTENT)
    assert (tmp_path / "archive").read_bytes() == CONTENT


def test_a_named_proxy_leads_there_and_a_name_that_bypasses_it_does_not(server, fetch):
    with Proxy() as proxy:
        fetch(f"{server}/oc.tar.gz", proxy=f"http://somebody:secret@{proxy.location}")
        (asked,) = proxy.requests
        assert asked.startswith(f"CONNECT {server.removeprefix('https://')} ")
        assert "proxy-authorization: basic" in asked.lower()
        fetch(f"{server}/oc.tar.gz", proxy=f"http://{proxy.location}", no_proxy=["localhost"])
        assert len(proxy.requests) == 1


def test_without_one_it_is_the_proxy_of_services(server, fetch, programs):
    with Proxy() as proxy:
        programs.add("systemctl", f"echo \"https_proxy=\\$'http://{proxy.location}'\"\n")
        fetch(f"{server}/oc.tar.gz")
        assert len(proxy.requests) == 1


@pytest.mark.parametrize(
    ("host", "bypass", "is_direct"),
    [
        ("files.example.com", [".example.com"], True),
        ("files.example.org", [".example.com"], False),
        ("192.0.2.7", ["192.0.2.0/24"], True),
        ("192.0.3.7", ["192.0.2.0/24", "example.com"], False),
        ("2001:db8::7", ["2001:db8::/32"], True),
    ],
)
def test_names_and_networks_bypass_it(plugin, host, bypass, is_direct):
    assert plugin("mirror_tools", "library", "mirror_tools_fetch").is_bypassed(host, bypass) is is_direct


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("short", "the connection ended after 10000 of 20000 bytes. To mend it: run it again, or download"),
        ("chunked", "the connection ended in the middle. To mend it: run it again, or download"),
        ("nonsense", "no HTTP at all"),
    ],
)
def test_a_download_that_ends_early_is_no_success_and_leaves_nothing(server, fetch, tmp_path, name, said):
    answer = fetch(f"{server}/{name}.tar.gz")
    assert "size" not in answer
    assert said in answer["msg"]
    assert not (tmp_path / "archive").exists()


def test_a_failure_says_what_why_and_how_to_mend_it(server, fetch, monkeypatch):
    msg = fetch(f"{server}/nowhere.tar.gz")["msg"]
    assert msg.startswith(
        f"cannot fetch {server}/nowhere.tar.gz: the server answers 404 Not Found. To mend it: "
    )
    monkeypatch.delenv("SSL_CERT_FILE")
    msg = fetch(f"{server}/oc.tar.gz")["msg"]
    assert "CERTIFICATE_VERIFY_FAILED" in msg
    assert "let the mirror host trust the CA of that server, or download it to the controller" in msg
