import importlib.util

import pytest

from bootstrap.shipped import shipped


@pytest.fixture
def plugin_of():
    def load(name):
        path = shipped("playbooks") / f"filter_plugins/{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture
def site(plugin_of):
    return plugin_of("site_registries")


def test_locations_are_the_inventorys_with_the_roles_own_defaults(site):
    hostvars = {
        "reg1": {},
        "reg2": {"registry_service_hostname": "r2.example.test", "registry_service_port": 8443},
    }
    first, second = site.site_registries(["reg1", "reg2"], hostvars, "/state", "reg1")
    assert first == {
        "location": "reg1:5000",
        "ca_file": "/state/trust/reg1.crt",
        "data_dir": "/opt/registry/data",
    }
    assert second == {
        "location": "r2.example.test:8443",
        "ca_file": "/state/trust/reg2.crt",
        "data_dir": None,
    }


def test_a_registry_that_is_not_set_up_yet_is_left_out_but_in_check_mode(site, tmp_path):
    (tmp_path / "one.crt").touch()
    registries = [{"ca_file": str(tmp_path / name)} for name in ("one.crt", "two.crt")]
    assert site.set_up(registries, False) == registries[:1]
    assert site.set_up(registries, True) == registries
    assert site.existing([one["ca_file"] for one in registries]) == [str(tmp_path / "one.crt")]


def test_each_program_is_handed_on_once_with_the_path_where_it_is_put(plugin_of):
    tools = plugin_of("site_tools")
    builds = [{"tool": "oc-mirror", "el": 9}, {"tool": "oc-mirror", "el": 10}, {"tool": "oc"}, {}]
    assert tools.site_tools(builds, "/opt/tools/") == [
        {"tool": "oc-mirror", "path": "/opt/tools/oc-mirror"},
        {"tool": "oc", "path": "/opt/tools/oc"},
    ]
    assert tools.site_tools([], "/opt/tools") == []
