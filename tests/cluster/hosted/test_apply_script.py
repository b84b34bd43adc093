"""``apply.sh``, run against an ``oc`` that writes down what it is asked."""

import os
import shutil
import subprocess

import pytest

from bootstrap.cluster.take_away import write
from tests.cluster.hosted.site import document, rendered

_OC = """#!/bin/sh
printf '%s\\n' "$*" >>"$ASKED"
case "$*" in *"$FAILS"*) [ -z "$FAILS" ] || exit 1 ;; esac
case "$*" in
  *'.spec.watchAllNamespaces'*) printf '%s' "$WATCHES" ;;
  *'get agents'*) echo >>"$ASKED.polls"; [ "$(wc -l <"$ASKED.polls")" -lt 3 ] || printf 'one\\ntwo\\n' ;;
  *errorMessage*) [ -z "$WRONG" ] || printf 'hosted-worker0: 401\\n' ;;
  *extract*) printf 'kubeconfig' ;;
esac
"""


@pytest.fixture
def lab(tmp_path):
    """A written bundle, a fake ``oc``, and a way to run the script."""
    out = tmp_path / "a directory"
    write(out, rendered(tmp_path), "resources hosted-cluster")
    oc = tmp_path / "oc"
    oc.write_text(_OC)
    oc.chmod(0o755)

    class Lab:
        def run(self, *words, fails="", watches="true", wrong=""):
            asked = tmp_path / "asked"
            asked.write_text("")
            environment = {
                **os.environ,
                "OC": str(oc),
                "ASKED": str(asked),
                "FAILS": fails,
                "WATCHES": watches,
                "WRONG": wrong,
                "POLL_SECONDS": "0",
                "TMPDIR": str(tmp_path),
            }
            done = subprocess.run(
                [out / "apply.sh", *words], env=environment, capture_output=True, text=True, cwd="/"
            )
            self.asked = asked.read_text().splitlines()
            self.said = done.stderr
            return done.returncode

        @property
        def applied(self):
            return [each.split()[-1] for each in self.asked if " -k " in f" {each} "]

    return Lab()


_ORDER = [
    *("10-namespaces", "20-configuration", "30-hosted-cluster", "40-node-pool", "50-infra-env", "60-hosts"),
    *("80-scale", "90-catalogs"),
]


def test_h4_directories_are_applied_in_order_each_after_what_it_needs(lab):
    assert lab.run() == 0, lab.said
    assert lab.applied == _ORDER
    events = [
        each.split(" -k ")[1] if " -k " in each else each.partition("--for=")[2]
        for each in lab.asked
        if " -k " in each or "--for=" in each
    ]
    assert events == [
        *("10-namespaces", "jsonpath={.status.phase}=Active", "20-configuration"),
        *("30-hosted-cluster", "condition=Available", "40-node-pool", "condition=ValidGeneratedPayload"),
        *("50-infra-env", "condition=ImageCreated"),
        *("60-hosts", "80-scale", "jsonpath={.status.replicas}=2"),
        "90-catalogs",
    ]
    assert all("--server-side" in each for each in lab.asked if " -k " in each)


def test_h4_the_number_of_nodes_has_a_field_manager_of_its_own(lab):
    # else a second apply of 40-node-pool, which does not say it, would take it away
    lab.run()
    managers = {
        each.split()[-1]: each.partition("--field-manager=")[2].split()[0]
        for each in lab.asked
        if " -k " in each
    }
    assert managers.pop("80-scale") == "bootstrap-registry-scale"
    assert set(managers.values()) == {"bootstrap-registry"}


def test_h4_it_stops_where_something_does_not_come_true_and_goes_on_from_there(lab):
    assert lab.run(fails="condition=ImageCreated") == 1
    assert lab.applied[-1] == "50-infra-env"
    assert "the discovery image: not so in time" in lab.said
    assert lab.run("--from", "50-infra-env") == 0
    assert lab.applied == _ORDER[4:]


def test_it_waits_for_agents_and_says_once_what_is_wrong_with_a_host(lab):
    assert lab.run("--from", "60-hosts", wrong="yes") == 0
    assert sum("get agents" in each for each in lab.asked) == 3
    assert lab.said.count("hosted-worker0: 401") == 1
    polled = [each for each in lab.asked if "get agents" in each or "80-scale" in each]
    assert polled[-1].endswith("80-scale")


def test_what_is_refused_by_the_cluster_stops_it(lab):
    assert lab.run(fails="-k 30-hosted-cluster") == 1
    assert lab.applied[-1] == "30-hosted-cluster"


def test_nothing_is_applied_before_the_management_cluster_is_ready_for_it(lab):
    assert lab.run(watches="") == 1
    assert lab.applied == []
    assert "oc patch provisioning provisioning-configuration" in lab.said
    assert lab.run(fails="get crd") == 1
    assert "oc says why, above" in lab.said
    assert lab.applied == []


def test_a_directory_that_is_none_is_told(lab):
    assert lab.run("--from", "70-hosts") == 1
    assert lab.run("--help") == 1
    assert lab.applied == []


def test_the_hosted_clusters_kubeconfig_stays_nowhere(lab, tmp_path):
    before = set(tmp_path.iterdir())
    assert lab.run("--from", "90-catalogs") == 0
    assert set(tmp_path.iterdir()) - before <= {tmp_path / "asked"}
    assert "secret/hosted-admin-kubeconfig -n clusters" in " ".join(lab.asked)


def test_bash_and_shellcheck_find_nothing(tmp_path):
    made = rendered(tmp_path, document(nodePool={"replicas": 0}))
    assert "80-scale)" not in " ".join(
        line for line in made.files["apply.sh"].splitlines() if "stages=(" in line
    )
    path = tmp_path / "apply.sh"
    path.write_text(made.files["apply.sh"])
    subprocess.run(["bash", "-n", path], check=True)
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", path], check=True)
