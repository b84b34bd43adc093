"""The file that holds the mirror host's proxy: read, never shown, never on the way to our own registries."""

import json
import threading

import pytest

from bootstrap.agent.settings import read, read_proxy
from bootstrap.agent.toolbox import Toolbox
from bootstrap.errors import ConfigError


def written(directory, content):
    path = directory / "proxy.json"
    path.write_text(content)
    return path


def test_the_file_says_where_and_what_for(tmp_path):
    path = written(tmp_path, json.dumps({"url": "http://u:geheim@p:3128", "no_proxy": [".example.com"]}))
    proxy = read_proxy(path, ["reg1"])
    assert proxy.address() == "http://p:3128"
    led = [proxy.leads_to(host) for host in ("quay.io", "a.example.com", "reg1")]
    assert led == [True, False, False]


@pytest.mark.parametrize(
    "content",
    ["", "{}", "[]", '{"url": "socks5://u:geheim@p", "no_proxy": []}', '{"url": "x", "no_proxy": 3}'],
)
def test_a_file_that_cannot_be_used_is_refused_without_showing_it(tmp_path, content):
    with pytest.raises(ConfigError) as caught:
        read_proxy(written(tmp_path, content), [])
    assert "geheim" not in str(caught.value)


def test_a_file_that_is_missing_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"proxy\.json"):
        read_proxy(tmp_path / "proxy.json", [])


@pytest.mark.parametrize("is_a_setting", [True, False])
def test_the_registries_to_fill_are_reached_directly(site, tmp_path, monkeypatch, is_a_setting):
    monkeypatch.setenv("https_proxy", "http://p:3128")
    monkeypatch.setenv("no_proxy", "")
    if is_a_setting:
        path = written(tmp_path, json.dumps({"url": "http://p:3128", "no_proxy": []}))
        site.configure(proxy_file=str(path))
    settings = read(site.settings)
    with Toolbox(settings, report=lambda *_, **__: None, stop=threading.Event(), free={}) as tools:
        assert tools.proxy.leads_to("quay.io")
        assert not tools.proxy.leads_to("127.0.0.1")
        assert tools.proxy.uses_environment is not is_a_setting
