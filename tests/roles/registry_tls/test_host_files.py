import base64
import hashlib
import stat

import pytest


@pytest.fixture
def files(plugin, run_module):
    """Run the module as its action plugin does."""
    module = plugin("registry_tls", "library", "host_files")

    def run(contents=None, check_mode=False, **parameters):
        coded = {path: base64.b64encode(text).decode() for path, text in (contents or {}).items()}
        return run_module(module, check_mode=check_mode, contents=coded, **parameters)

    return run


def item(path, content, mode="0600"):
    return {"path": str(path), "mode": mode, "sha256": hashlib.sha256(content).hexdigest()}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_differs_is_asked_for_and_nothing_is_changed_until_it_comes(files, tmp_path):
    path = tmp_path / "key"
    answer = files(files=[item(path, b"secret")], directories=[{"path": str(tmp_path / "d"), "mode": "0755"}])
    assert answer["needs"] == [str(path)]
    assert not answer["changed"]
    assert list(tmp_path.iterdir()) == []
    answer = files(files=[item(path, b"secret")], contents={str(path): b"secret"})
    assert (answer["changed"], answer["paths"], answer["needs"]) == (True, [str(path)], [])
    assert path.read_bytes() == b"secret"
    assert mode(path) == 0o600


def test_what_is_as_it_has_to_be_is_left_alone(files, tmp_path):
    path = tmp_path / "key"
    files(files=[item(path, b"secret")], contents={str(path): b"secret"})
    before = path.stat()
    answer = files(files=[item(path, b"secret")])
    assert (answer["changed"], answer["needs"]) == (False, [])
    assert path.stat().st_ino == before.st_ino


def test_a_file_that_others_could_read_never_lends_its_rights_to_the_new_one(files, tmp_path, monkeypatch):
    path = tmp_path / "auth.json"
    path.write_bytes(b"old")
    path.chmod(0o644)
    seen = []
    replace = type(path).replace

    def watched(self, target):
        seen.append(mode(self))
        return replace(self, target)

    monkeypatch.setattr(type(path), "replace", watched)
    files(files=[item(path, b"new")], contents={str(path): b"new"})
    assert seen == [0o600]
    assert mode(path) == 0o600


def test_only_the_mode_is_mended_where_no_content_is_given(files, tmp_path):
    path = tmp_path / "key"
    path.write_bytes(b"secret")
    path.chmod(0o644)
    plain = {"path": str(path), "mode": "0600", "sha256": None}
    assert files(files=[plain])["paths"] == [str(path)]
    assert mode(path) == 0o600
    assert path.read_bytes() == b"secret"
    missing = {"path": str(tmp_path / "none"), "mode": "0600", "sha256": None}
    assert not files(files=[missing])["changed"]


def test_a_symbolic_link_of_the_users_is_followed(files, tmp_path):
    target, link = tmp_path / "elsewhere.json", tmp_path / "config.json"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files(files=[item(link, b"new")], contents={str(link): b"new"})
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_directories_above_a_private_file_are_private(files, tmp_path):
    path = tmp_path / "root" / ".docker" / "config.json"
    files(files=[item(path, b"{}")], contents={str(path): b"{}"})
    assert mode(path.parent) == 0o700


def test_a_link_is_moved_in_one_step_and_left_when_right(files, tmp_path):
    link = {"path": str(tmp_path / "agent.pyz"), "target": "agent-1.pyz"}
    assert files(links=[link])["changed"]
    assert not files(links=[link])["changed"]
    assert files(links=[{**link, "target": "agent-2.pyz"}])["changed"]
    assert str((tmp_path / "agent.pyz").readlink()) == "agent-2.pyz"
    assert [entry.name for entry in tmp_path.iterdir()] == ["agent.pyz"]


def test_check_mode_tells_and_changes_nothing(files, tmp_path):
    (tmp_path / "gone").touch()
    answer = files(
        check_mode=True,
        directories=[{"path": str(tmp_path / "d"), "mode": "0755"}],
        files=[item(tmp_path / "key", b"secret")],
        links=[{"path": str(tmp_path / "link"), "target": "x"}],
        absent=[str(tmp_path / "gone")],
    )
    assert [path.rpartition("/")[2] for path in answer["paths"]] == ["d", "key", "link", "gone"]
    assert [entry.name for entry in tmp_path.iterdir()] == ["gone"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_directory_goes_when_nothing_of_others_is_in_it(files, tmp_path, check_mode):
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    for directory in (ours, shared):
        directory.mkdir()
        (directory / "mine").touch()
    (shared / "theirs").touch()
    absent = [str(ours / "mine"), str(shared / "mine"), str(tmp_path / "never")]
    answer = files(absent=absent, emptied=[str(ours), str(shared)], check_mode=check_mode)
    assert answer["paths"] == [*absent[:2], str(ours)]
    assert ours.exists() is check_mode
    assert (shared / "theirs").exists()
    if not check_mode:
        assert not files(absent=absent, emptied=[str(ours), str(shared)])["changed"]


def test_reading_returns_bytes_and_none(files, tmp_path):
    (tmp_path / "a").write_bytes(b"\x00\xff")
    answer = files(read=[str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path)])
    assert base64.b64decode(answer["read"][str(tmp_path / "a")]) == b"\x00\xff"
    assert answer["read"][str(tmp_path / "b")] is None
    assert answer["read"][str(tmp_path)] is None


def test_a_path_that_cannot_be_is_named(files, tmp_path):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "below"
    answer = files(files=[item(path, b"x")], contents={str(path): b"x"})
    assert answer["failed"]
    assert str(tmp_path / "file") in answer["msg"]


def test_what_one_that_was_killed_left_behind_goes_and_nothing_else(files, tmp_path):
    path = tmp_path / "auth.json"
    for name in (".auth.json.ab1_cd2e", ".auth.json.bak", ".other.json.ab1_cd2e"):
        (tmp_path / name).write_text("x")
    files(files=[item(path, b"secret")], contents={str(path): b"secret"})
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        ".auth.json.bak",
        ".other.json.ab1_cd2e",
        "auth.json",
    ]
