"""The registry's directories are made, labelled once, and removed without taking anything else along."""

import pytest

DIRECTORIES = [{"name": "auth", "mode": "0700"}, {"name": "data", "mode": "0700"}]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "registry"


@pytest.fixture
def storage(plugin, run_module, root):
    module = plugin("registry_storage", "library", "registry_storage_directories")
    return lambda **more: run_module(module, root=str(root), directories=DIRECTORIES, **more)


def mode(path):
    return path.stat().st_mode & 0o777


def test_directories_are_made_with_their_modes_and_a_second_time_nothing_changes(storage, root):
    assert storage()["changed"] is True
    assert [mode(path) for path in (root, root / "auth", root / "data")] == [0o755, 0o700, 0o700]
    assert storage()["actions"] == []


def test_check_mode_says_what_it_would_do_and_does_nothing(storage, root):
    assert storage(check_mode=True)["actions"] == [
        f"make {path}" for path in (root, root / "auth", root / "data")
    ]
    assert not root.exists()


def test_a_wrong_mode_is_corrected(storage, root):
    storage()
    (root / "auth").chmod(0o755)
    assert storage()["changed"] is True
    assert mode(root / "auth") == 0o700


def test_a_file_in_the_way_is_refused_by_name(storage, root):
    root.mkdir()
    (root / "data").write_text("")
    assert f"cannot make the directory {root / 'data'}" in storage()["msg"]


def test_a_link_to_a_larger_disk_is_followed(storage, root, tmp_path):
    larger = tmp_path / "larger"
    larger.mkdir(mode=0o755)
    root.mkdir()
    (root / "data").symlink_to(larger)
    storage()
    assert (root / "data").is_symlink()
    assert mode(larger) == 0o700


def test_removal_takes_our_directories_and_the_root_that_is_then_empty(storage, root):
    storage()
    (root / "data" / "blob").write_text("x")
    assert storage(state="absent")["changed"] is True
    assert not root.exists()
    assert storage(state="absent")["changed"] is False


def test_removal_leaves_what_is_not_ours(storage, root):
    storage()
    (root / "notes.txt").write_text("mine")
    storage(state="absent")
    assert [path.name for path in root.iterdir()] == ["notes.txt"]


def test_removal_empties_a_linked_disk_and_keeps_the_link(storage, root, tmp_path):
    larger = tmp_path / "larger"
    (larger / "docker").mkdir(parents=True)
    root.mkdir()
    (root / "data").symlink_to(larger)
    storage(state="absent")
    assert (root / "data").is_symlink()
    assert list(larger.iterdir()) == []
    assert storage(state="absent")["changed"] is False


def test_removal_in_check_mode_removes_nothing(storage, root):
    storage()
    assert storage(state="absent", check_mode=True)["actions"][-1] == f"remove {root}"
    assert (root / "data").is_dir()


class TestWithSelinux:
    @pytest.fixture
    def log(self, programs, tmp_path):
        log = tmp_path / "log"
        log.write_text("")
        for name in ("semanage", "restorecon"):
            programs.add(name, f'echo "{name} $*" >>{log}\n')
        return log

    def test_the_policy_is_told_once_and_new_directories_need_no_relabelling(
        self, storage, root, log, selinux
    ):
        selinux(policy=lambda _path: "usr_t", actual=lambda _path: "container_file_t")
        assert storage()["actions"][0] == f"label {root} as container_file_t"
        assert log.read_text() == f"semanage fcontext --add -t container_file_t {root}(/.*)?\n"

    def test_what_the_policy_knows_is_left_alone(self, storage, log, selinux):
        selinux(policy=lambda _path: "container_file_t", actual=lambda _path: "container_file_t")
        storage()
        assert storage()["changed"] is False
        assert log.read_text() == ""

    def test_a_run_that_was_stopped_before_relabelling_is_finished(self, storage, root, log, selinux):
        selinux(policy=lambda _path: "container_file_t", actual=lambda _path: "usr_t")
        assert storage()["actions"][-1] == f"relabel {root}"
        assert log.read_text() == f"restorecon -R {root}\n"

    def test_an_earlier_rule_with_another_type_is_modified(self, storage, log, programs, selinux):
        programs.add("semanage", f'echo "semanage $*" >>{log}; test "$2" = --modify\n')
        selinux(policy=lambda _path: "httpd_sys_content_t", actual=lambda _path: "container_file_t")
        storage()
        assert "semanage fcontext --modify -t container_file_t" in log.read_text()

    def test_removal_forgets_the_rule(self, storage, root, log, programs, selinux):
        rule = f"{root}(/.*)?"
        programs.add(
            "semanage", f'echo "semanage $*" >>{log}\necho "{rule}   all files  system_u:object_r:x:s0"\n'
        )
        selinux(policy=lambda _path: "container_file_t", actual=lambda _path: "container_file_t")
        storage(state="absent")
        assert f"semanage fcontext --delete {rule}" in log.read_text()
