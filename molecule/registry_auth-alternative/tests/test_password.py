"""A user and a password of one's own, beside those of others."""

import base64
import json

import bcrypt

PASSWORD = "quite some words that nobody says"


def test_the_line_has_the_chosen_password_at_the_chosen_cost(host):
    lines = host.file("/srv/registry/passwords/htpasswd").content_string.splitlines()
    users = dict(line.split(":") for line in lines)
    assert users.keys() == {"theirs", "pusher@example.com"}
    digest = users["pusher@example.com"]
    assert digest.split("$")[2] == "04"
    assert bcrypt.checkpw(PASSWORD.encode(), digest.replace("$2y$", "$2b$").encode())


def test_the_controller_knows_it_for_that_registry(site):
    state = site.state.parents[1] / "other state/credentials"
    auth = json.loads((state / "auth.json").read_text())["auths"]["[2001:db8::5]:8443"]["auth"]
    assert base64.b64decode(auth).decode() == f"pusher@example.com:{PASSWORD}"


def test_nothing_stands_where_it_does_by_default(host):
    assert not host.file("/opt/registry").exists
