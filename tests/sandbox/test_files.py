"""Files that others read, too."""

import threading

import pytest

from bootstrap.sandbox.files import locked, replace, set_block


@pytest.fixture
def hosts(tmp_path):
    path = tmp_path / "hosts"
    path.write_text("127.0.0.1 localhost\n")
    path.chmod(0o755)
    return path


def test_a_block_is_added_changed_and_removed_and_the_rest_stays(hosts):
    set_block(hosts, "sandbox 1", ["198.18.0.1 a"])
    set_block(hosts, "sandbox 2", ["198.18.1.1 b"])
    set_block(hosts, "sandbox 1", ["198.18.0.2 a"])
    assert hosts.read_text().splitlines() == [
        "127.0.0.1 localhost",
        "# BEGIN sandbox 2",
        "198.18.1.1 b",
        "# END sandbox 2",
        "# BEGIN sandbox 1",
        "198.18.0.2 a",
        "# END sandbox 1",
    ]
    set_block(hosts, "sandbox 2", [])
    set_block(hosts, "sandbox 1", [])
    assert hosts.read_text() == "127.0.0.1 localhost\n"
    assert hosts.stat().st_mode & 0o7777 == 0o755


def test_nothing_is_written_when_nothing_changes(hosts):
    set_block(hosts, "sandbox 1", ["198.18.0.1 a"])
    before = hosts.stat().st_mtime_ns, hosts.stat().st_ino
    set_block(hosts, "sandbox 1", ["198.18.0.1 a"])
    set_block(hosts, "sandbox 2", [])
    assert (hosts.stat().st_mtime_ns, hosts.stat().st_ino) == before


def test_a_file_that_cannot_be_replaced_is_written_over(hosts, monkeypatch):
    def busy(self, target):
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("pathlib.Path.replace", busy)
    replace(hosts, "new\n", mode=0o644)
    assert hosts.read_text() == "new\n"
    assert list(hosts.parent.iterdir()) == [hosts]


def test_a_lock_whose_file_was_removed_by_its_holder_guards_again(tmp_path):
    path = tmp_path / "folder/lock"
    waiting, order = threading.Event(), []

    def second():
        with locked(path, waiting.set):
            order.append(path.exists())

    with locked(path):
        thread = threading.Thread(target=second)
        thread.start()
        assert waiting.wait(10)
        path.unlink()
    thread.join(10)
    assert order == [True]
