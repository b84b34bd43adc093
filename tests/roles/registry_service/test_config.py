"""The config is written whole and private, with a secret that nobody but the host ever sees."""

import re

import pytest

CONTENT = '# Managed by bootstrap-registry\nversion: 0.1\nhttp:\n  addr: ":5000"\n  secret: "@HTTP_SECRET@"\n'


@pytest.fixture
def conf(tmp_path):
    path = tmp_path / "conf"
    path.mkdir()
    return path


@pytest.fixture
def write(plugin, run_module, conf):
    module = plugin("registry_service", "library", "registry_service_config")

    def run(content=CONTENT, **more):
        paths = {"path": str(conf / "config.yml"), "secret_path": str(conf / "http-secret")}
        return run_module(module, content=content, **paths, **more)

    return run


def secret(conf):
    return (conf / "http-secret").read_text().strip()


def test_the_secret_is_random_private_and_in_the_config(write, conf):
    assert write()["changed"] is True
    assert re.fullmatch("[0-9a-f]{64}", secret(conf))
    assert f'secret: "{secret(conf)}"' in (conf / "config.yml").read_text()
    assert [path.stat().st_mode & 0o777 for path in sorted(conf.iterdir())] == [0o600, 0o600]


def test_a_second_time_nothing_changes(write, conf):
    write()
    before = (conf / "config.yml").stat().st_ino
    assert write()["changed"] is False
    assert (conf / "config.yml").stat().st_ino == before


def test_the_secret_outlives_a_change_of_the_config(write, conf):
    write()
    made = secret(conf)
    assert write(CONTENT.replace("5000", "5443"))["changed"] is True
    assert secret(conf) == made


def test_a_damaged_secret_is_made_anew(write, conf):
    (conf / "http-secret").write_text("\n")
    assert "make a random HTTP secret" in write()["actions"]
    assert len(secret(conf)) == 64


def test_neither_answer_nor_diff_holds_the_secret(write, conf):
    first = write()
    assert secret(conf) not in str(first)
    old = secret(conf)
    (conf / "http-secret").unlink()
    answer = write(CONTENT + "log: {level: debug}\n")
    assert old not in str(answer)
    assert secret(conf) not in str(answer)
    assert "@HTTP_SECRET@" in answer["diff"]["before"]


def test_check_mode_on_a_clean_host_changes_nothing(write, conf):
    conf.rmdir()
    assert write(check_mode=True)["changed"] is True
    assert not conf.exists()


def test_without_the_directory_the_missing_role_is_named(write, conf):
    conf.rmdir()
    assert "registry_storage" in write()["msg"]


def test_a_mode_that_was_opened_is_closed_again(write, conf):
    write()
    (conf / "config.yml").chmod(0o644)
    assert write()["actions"] == [f"make {conf / 'config.yml'} private"]


def test_a_config_of_somebody_else_is_kept_once_beside_ours(write, conf):
    (conf / "config.yml").write_text("theirs")
    assert write()["changed"] is True
    kept = conf / "config.yml.before-adoption"
    assert (kept.read_text(), kept.stat().st_mode & 0o777) == ("theirs", 0o600)
    assert write()["changed"] is False


def test_an_earlier_config_of_ours_is_not_kept(write, conf):
    write()
    write(CONTENT + "# newer\n")
    assert sorted(path.name for path in conf.iterdir()) == ["config.yml", "http-secret"]
