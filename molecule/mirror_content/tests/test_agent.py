"""The agent is there, answers, and has settings without a secret."""

import json


def agent(host, *words):
    return host.run(f"/usr/bin/python3 /usr/local/lib/bootstrap-registry/agent.pyz {' '.join(words)}")


def test_the_agent_runs_on_the_hosts_own_python(host):
    assert json.loads(agent(host, "version").stdout)["schema"] == 1


def test_no_run_is_going_on(host):
    assert json.loads(agent(host, "status").stdout)["live_run"] is None


def test_systemd_knows_the_unit_and_finds_nothing_wrong(host):
    unit = "/etc/systemd/system/bootstrap-registry-mirror@.service"
    assert host.run(f"systemd-analyze verify {unit}").stderr == ""
    assert host.run("systemctl cat bootstrap-registry-mirror@1.service").rc == 0


def test_the_settings_are_the_defaults(host, site):
    settings = json.loads(host.file("/etc/bootstrap-registry/agent.json").content_string)
    assert [one["location"] for one in settings["registries"]] == [f"{site.name}:5000"]
    assert settings["state_dir"] == "/var/lib/bootstrap-registry"
    assert settings["signature_policy"] == "require"
    assert settings["parallel"] == 4
