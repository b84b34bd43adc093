import pytest

from bootstrap.site.model import Connection, Host, Secret, Site
from bootstrap.site.state import State


def host(name: str = "reg1", **values: object) -> Host:
    return Host(name, ("registry",), values, Connection("ssh", "192.0.2.1", password="hunter2"))


def test_a_secret_is_never_shown_and_false_when_it_is_not_set() -> None:
    secret = Secret("hunter2")
    assert secret.reveal() == "hunter2"
    assert "hunter2" not in f"{secret!r} {secret} {[secret]} {host(a_password=secret)!r}"
    assert secret == Secret("hunter2") != Secret("other")
    assert not Secret("")


def test_accessors_give_the_declared_type() -> None:
    it = host(text="a", number=1, flag=True, items=["a"], path="~/x", nothing=None, secret=Secret("s"))
    assert (it.text("text"), it.number("number"), it.flag("flag"), it.items("items")) == (
        "a",
        1,
        True,
        ("a",),
    )
    assert it.path("path").is_absolute()
    assert (it.text("nothing"), it.items("nothing"), it.path("nothing")) == ("", (), None)
    assert it.secret("secret").reveal() == "s"
    with pytest.raises(KeyError):
        it.setting("unknown")


@pytest.mark.parametrize(
    ("name", "location"),
    [("reg1.example.com", "reg1.example.com:5000"), ("2001:db8::1", "[2001:db8::1]:5000")],
)
def test_a_location_is_what_clients_write(name, location) -> None:
    assert host(registry_service_hostname=name, registry_service_port=5000).location == location


def test_a_host_is_a_value_that_nobody_changes() -> None:
    with pytest.raises(TypeError):
        host(a=1).values["a"] = 2
    assert len({host(a=1), host(a=1)}) == 1


def test_every_host_of_a_site_is_listed_once(tmp_path) -> None:
    one, two = host("reg1"), host("reg2")

    def site(mirror: Host) -> Site:
        return Site("lab", tmp_path / "lab", tmp_path / "lab", State(tmp_path / "s"), (one, two), mirror)

    assert [item.name for item in site(two).hosts] == ["reg1", "reg2"]
    assert [item.name for item in site(host("away")).hosts] == ["reg1", "reg2", "away"]
    assert site(one).artifacts == tmp_path / "artifacts" / "lab"
