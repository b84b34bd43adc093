"""The events are as the agent's protocol has them (bootstrap/agent)."""

import json

import pytest

OK = {"event": "run_finished", "outcome": "ok", "registries": []}
DONE = {"location": "reg1.test:5000", "images": 3, "blobs_copied": 2, "bytes_copied": 10}
FAILED = {"event": "failed", "what": "cannot push", "why": "disk full", "fix": "free space", "exit_code": 5}


@pytest.fixture
def told(plugin):
    return plugin("mirror_content", "filter_plugins", "mirror_content_outcome")


def lines(*events):
    return [json.dumps(event) for event in events]


def test_a_run_that_ended_well_says_what_it_moved(told):
    found = told.outcome(lines({"event": "progress"}, {**OK, "registries": [DONE]}))
    assert found == {"is_ok": True, "text": "reg1.test:5000: 3 images, 2 blobs copied (10 bytes)."}


def test_a_run_that_failed_says_what_why_and_fix(told):
    found = told.outcome(lines(FAILED, {**OK, "outcome": "failed"}))
    assert found == {"is_ok": False, "text": "cannot push: disk full. To mend it: free space."}


@pytest.mark.parametrize("tail", [[], ['{"event": "progr'], lines({"event": "progress"})])
def test_a_run_without_an_end_died(told, tail):
    found = told.outcome(tail)
    assert not found["is_ok"]
    assert "The run died" in found["text"]


def test_a_call_that_failed_says_why_or_what_it_printed(told):
    assert told.failure({"stdout": json.dumps({"error": FAILED})}).startswith("cannot push: disk full.")
    assert "Traceback" in told.failure({"stdout": "", "stderr": "Traceback …"})
    assert "no reason" in told.failure({})


def test_a_call_that_found_several_problems_tells_them_all(told):
    other = {"what": "cannot read", "why": "no such file", "fix": "make it"}
    said = told.failure({"stdout": json.dumps({"error": {**FAILED, "problems": [FAILED, other]}})})
    assert said.startswith("cannot push: disk full.")
    assert said.endswith("cannot read: no such file. To mend it: make it.")


def test_a_run_is_over_when_the_agent_says_that_another_or_none_goes_on(told):
    assert not told.is_over({"stdout": '{"live_run": "r1"}'}, "r1")
    assert told.is_over({"stdout": '{"live_run": null}'}, "r1")
    assert told.is_over({"stdout": '{"live_run": "r2"}'}, "r1")


@pytest.mark.parametrize("done", [{"stdout": ""}, {"stdout": '{"error": {}}'}, {"stdout": "[]"}, {}])
def test_a_status_that_cannot_be_read_ends_nothing(told, done):
    assert not told.is_over(done, "r1")


def test_who_has_waited_long_enough_learns_that_the_run_goes_on(told):
    said = told.unfinished({"stdout": '{"live_run": "r1"}'}, "r1", 24)
    assert said.startswith("Run r1 has not ended within 24 hours (mirror_content_wait_hours)")
    assert "To mend it: run playbooks/mirror.yml again" in said
    assert "Traceback" in told.unfinished({"stdout": "", "stderr": "Traceback …"}, "r1", 24)


def test_registries_get_ca_files_of_their_own_on_the_mirror_host(plugin):
    registries = plugin("mirror_content", "filter_plugins", "mirror_content_registries")
    given = [
        {"location": "reg1.test:5000", "ca_file": "/s/trust/reg1.crt", "data_dir": "/opt/registry/data"},
        {"location": "[2001:db8::1]:5000", "ca_file": "/s/trust/reg2.crt", "data_dir": None},
    ]
    settings = registries.registries_on_host(given, "/etc/x/ca")
    assert settings[0] == {
        "location": "reg1.test:5000",
        "ca_file": "/etc/x/ca/reg1.test_5000.crt",
        "data_dir": "/opt/registry/data",
    }
    assert settings[1]["data_dir"] is None
    placed = registries.ca_files(given, "/etc/x/ca")
    assert [item["path"] for item in placed] == [one["ca_file"] for one in settings]
    assert [item["src"] for item in placed] == ["/s/trust/reg1.crt", "/s/trust/reg2.crt"]
