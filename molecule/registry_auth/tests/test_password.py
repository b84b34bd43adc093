"""The password on the controller is the one whose hash is on the host."""

import bcrypt


def test_the_file_is_roots_alone(host):
    for path, mode in (("/opt/registry/auth", 0o700), ("/opt/registry/auth/htpasswd", 0o600)):
        found = host.file(path)
        assert (found.user, found.group, oct(found.mode)) == ("root", "root", oct(mode))


def test_it_lets_the_user_in_by_the_sites_password(host, site):
    user, digest = host.file("/opt/registry/auth/htpasswd").content_string.strip().split(":")
    assert digest.split("$")[2] == "05"
    password = site.password_file.read_text().strip()
    assert len(password) >= 32
    assert bcrypt.checkpw(password.encode(), digest.replace("$2y$", "$2b$").encode())
    assert site.credentials == f"{user}:{password}"


def test_nobody_else_reads_the_controllers_files(site):
    for path in (site.password_file, site.auth_file):
        assert oct(path.stat().st_mode & 0o777) == "0o600"
