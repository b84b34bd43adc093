"""What we write is judged by Apache's own tool, and what it writes by us."""

import shutil
import subprocess

import pytest

from bootstrap.credentials.htpasswd import User, cost_of, holds, lets_in, users, with_user, without_user

needs_htpasswd = pytest.mark.skipif(not shutil.which("htpasswd"), reason="apache2-utils is not installed")


def apache_accepts(path, user, password):
    done = subprocess.run(
        ["htpasswd", "-vi", str(path), user], input=f"{password}\n", text=True, capture_output=True
    )
    return done.returncode == 0


@needs_htpasswd
def test_apaches_tool_accepts_our_line_and_no_other_password(tmp_path):
    path = tmp_path / "htpasswd"
    path.write_text(with_user("", User("mirror", "correct horse", 5)))
    assert apache_accepts(path, "mirror", "correct horse")
    assert not apache_accepts(path, "mirror", "wrong horse")


@needs_htpasswd
def test_a_line_of_apaches_tool_is_recognised(tmp_path):
    path = tmp_path / "htpasswd"
    subprocess.run(["htpasswd", "-ciBC", "6", str(path), "mirror"], input="s3cret\n", text=True, check=True)
    assert holds(path.read_text(), User("mirror", "s3cret", 6))
    assert not holds(path.read_text(), User("mirror", "s3cret", 5))
    assert lets_in(path.read_text(), "mirror", "s3cret")
    assert not lets_in(path.read_text(), "mirror", "other")


def test_a_hash_of_another_kind_is_never_a_match():
    # MD5 and SHA-1 as `htpasswd -m` and `-s` write them; distribution refuses both.
    text = "mirror:$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/\nold:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"
    assert not lets_in(text, "mirror", "password")
    assert not lets_in(text, "old", "password")
    assert cost_of("$apr1$H6uskkkW$IgXLP6ewTrSuBkTrqE8wj/") is None


def test_other_users_and_comments_stay_and_our_user_has_one_line():
    text = "# by hand\nother:$2y$05$abc\nmirror:$2y$05$old\nmirror:$2y$05$older\n"
    new = with_user(text, User("mirror", "correct horse", 5))
    assert new.startswith("# by hand\nother:$2y$05$abc\nmirror:$2y$05$")
    assert users(new) == ["other", "mirror"]
    assert holds(new, User("mirror", "correct horse", 5))


def test_taking_our_user_away_leaves_the_others_and_nothing_when_there_are_none():
    text = with_user("other:$2y$05$abc\n", User("mirror", "correct horse", 5))
    assert without_user(text, "mirror") == "other:$2y$05$abc\n"
    assert without_user(without_user(text, "mirror"), "other") == ""


def test_two_lines_for_a_user_are_no_match_because_the_second_would_let_in_who_knows_whom():
    line = with_user("", User("mirror", "correct horse", 5))
    assert not holds(line + line, User("mirror", "correct horse", 5))


def test_a_user_never_shows_the_password():
    assert "correct horse" not in repr(User("mirror", "correct horse", 5))
