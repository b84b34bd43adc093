"""Boot images are brought from a real HTTPS server, resumed, refused and pruned: row E1."""

import hashlib
import ssl
import threading
from types import SimpleNamespace

import pytest

from bootstrap.sandbox.upstream_server import Handler, Server
from tests.fakes.listener import Proxy
from tests.fakes.tls import Authority

CONTENT = b"boots\n" * 100_000
PATH = "9.6.1-0/x86_64/live.iso"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("origin")
    (folder / "rhcos").mkdir()
    (folder / "rhcos/live.iso").write_bytes(CONTENT)
    authority = Authority()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue().write(folder))
    with Server(folder, context, 0) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield SimpleNamespace(url=f"https://localhost:{running.server_port}/rhcos", ca=authority.pem)
        running.shutdown()
        thread.join(10)


@pytest.fixture
def module(plugin, monkeypatch):
    found = plugin("web_server", "library", "web_server_images")
    monkeypatch.setattr(found.time, "sleep", lambda _seconds: None)
    return found


@pytest.fixture
def place(tmp_path):
    return tmp_path / "images"


@pytest.fixture
def bring(module, run_module, server, place):
    """Return a function that runs the module for these images."""

    def bring(*images, **more):
        place.mkdir(exist_ok=True)
        memory = str(place.parent / "boot-images.json")
        given = {"source_ca": server.ca, **more}
        return run_module(module, directory=str(place), state_file=memory, images=[*images], **given)

    return bring


@pytest.fixture
def image(server):
    """Return a function that describes an image of the server."""

    def image(path=PATH, *, content=CONTENT, name="live.iso"):
        return {"path": path, "url": f"{server.url}/{name}", "sha256": hashlib.sha256(content).hexdigest()}

    return image


def there(place):
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def partial_of(place, image):
    return place / "9.6.1-0/x86_64" / f".live.iso.{image['sha256'][:16]}.partial"


def test_e1_a_file_is_brought_for_all_to_read_and_a_second_time_nothing_is_fetched(bring, image, place):
    done = bring(image())
    assert (done["changed"], done["brought"], done["bytes_fetched"]) == (True, [PATH], len(CONTENT))
    assert (place / PATH).read_bytes() == CONTENT
    assert (place / PATH).stat().st_mode & 0o777 == 0o644
    again = bring(image())
    assert (again["changed"], again["bytes_fetched"]) == (False, 0)


def test_a_proxy_is_used_but_for_what_bypasses_it(bring, image):
    with Proxy() as proxy:
        through = {"proxy": f"http://user:secret@{proxy.location}"}
        assert bring(image(), **through, no_proxy=["localhost"])["brought"] == [PATH]
        assert proxy.requests == []
        assert bring(image("2/live.iso"), **through, no_proxy=[".example.com"])["brought"] == ["2/live.iso"]
    (request,) = proxy.requests
    assert request.startswith("CONNECT localhost:")
    assert "Proxy-Authorization: Basic " in request.replace("authorization", "Authorization")


def test_e1_a_wrong_checksum_is_refused_and_removed_and_what_was_there_stays(bring, image, place):
    bring(image())
    wrong = image("9.6.2-0/x86_64/live.iso", content=b"other")
    done = bring(wrong)
    assert done["failed"]
    assert f"9.6.2-0/x86_64/live.iso: {wrong['url']} has the SHA-256 " in done["msg"]
    assert there(place) == [PATH]
    assert not (place / "9.6.2-0").exists()


def test_e1_a_download_that_was_killed_goes_on_where_it_ended(bring, image, place):
    partial = partial_of(place, image())
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CONTENT[:70_001])
    assert bring(image())["bytes_fetched"] == len(CONTENT) - 70_001
    assert (place / PATH).read_bytes() == CONTENT
    assert there(place) == [PATH]


def test_a_download_that_had_all_and_was_killed_before_its_end_fetches_nothing(bring, image, place):
    partial = partial_of(place, image())
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CONTENT)
    assert bring(image())["bytes_fetched"] == 0
    assert there(place) == [PATH]


def test_a_connection_that_breaks_in_the_middle_is_taken_up_again(bring, image, place, monkeypatch):
    whole, broken = Handler._answer, []

    def answer(self, status, body, media_type, content_range=""):
        if not broken:
            broken.append(status)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[:1000])
            self.close_connection = True
        else:
            broken.append(status)
            whole(self, status, body, media_type, content_range)

    monkeypatch.setattr(Handler, "_answer", answer)
    assert bring(image())["bytes_fetched"] == len(CONTENT)
    assert broken == [200, 206]
    assert (place / PATH).read_bytes() == CONTENT


def test_what_the_server_does_not_have_is_refused_at_once(bring, image):
    assert "/nowhere.iso answered 404" in bring(image(name="nowhere.iso"))["msg"]


def test_a_server_that_nobody_vouches_for_is_refused(bring, image):
    assert "certificate verify failed" in bring(image(), source_ca="")["msg"].lower()


@pytest.mark.parametrize("url", ["", "http://localhost/live.iso", "file:///etc/passwd"])
def test_e1_a_null_url_is_refused_and_so_is_one_that_is_not_https(bring, image, url):
    assert "is not an https URL" in bring({**image(), "url": url})["msg"]


def test_somebody_elses_bytes_are_replaced(bring, image, place):
    bring(image())
    (place / PATH).write_bytes(b"x" * len(CONTENT))
    assert bring(image())["brought"] == [PATH]
    assert (place / PATH).read_bytes() == CONTENT


def test_a_file_that_was_only_touched_is_hashed_and_kept(bring, image, place):
    bring(image())
    (place / PATH).touch()
    assert bring(image())["changed"] is False


def test_a_directory_of_the_host_is_asked_first_and_its_bytes_are_checked_too(bring, image, tmp_path, place):
    carried = tmp_path / "carried"
    carried.mkdir()
    (carried / "live.iso").write_bytes(CONTENT)
    done = bring(image(name="nowhere.iso"), source_dir=str(carried), downloads=False)
    assert (done["brought"], done["bytes_fetched"]) == ([PATH], 0)
    (carried / "live.iso").write_bytes(b"damaged")
    other = image("9.6.2-0/x86_64/live.iso")
    assert f"{carried}/live.iso has the SHA-256 " in bring(other, source_dir=str(carried))["msg"]
    assert (carried / "live.iso").exists()


def test_without_a_way_out_what_is_missing_is_named(bring, image, tmp_path):
    said = bring(image(), source_dir=str(tmp_path), downloads=False)["msg"]
    assert f"{tmp_path} has no live.iso, and web_server_downloads is false" in said


def test_old_files_are_pruned_with_their_release_and_a_users_own_stay(bring, image, place):
    bring(image())
    (place / "notes.txt").write_text("mine")
    done = bring(image("9.6.2-0/x86_64/live.iso"))
    assert done["removed"] == [PATH]
    assert there(place) == ["9.6.2-0/x86_64/live.iso", "notes.txt"]
    assert not (place / "9.6.1-0").exists()


def test_nothing_is_pruned_while_what_replaces_it_is_missing(bring, image, place):
    bring(image())
    bring(image("9.6.2-0/x86_64/live.iso", name="nowhere.iso"))
    assert there(place) == [PATH]


def test_what_does_not_fit_is_refused_before_it_is_fetched(bring, image, module, monkeypatch, place):
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))
    assert f"needs {len(CONTENT)} bytes, and 1000 are free" in bring(image())["msg"]
    assert there(place) == []


def test_check_mode_says_what_it_would_do_and_does_nothing(bring, image, place):
    assert bring(image(), check_mode=True)["brought"] == [PATH]
    assert there(place) == []


def test_a_memory_that_is_damaged_is_refused_by_name(bring, image, place):
    (place.parent / "boot-images.json").write_text("[]")
    assert "boot-images.json cannot be read" in bring(image())["msg"]
