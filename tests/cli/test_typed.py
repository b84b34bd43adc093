"""What a message tells to type can be typed: it has the inventory that the user gave."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.cli.typed import with_inventory
from bootstrap.errors import HostError

LAB, QUOTED = Path("sites/my lab"), "'sites/my lab'"


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("run `bootstrap-registry up` first", "run `bootstrap-registry up -i 'sites/my lab'` first"),
        (
            "`bootstrap-registry verify --repair`, `bootstrap-registry mirror`",
            "`bootstrap-registry verify --repair -i L`, `bootstrap-registry mirror -i L`".replace(
                "L", QUOTED
            ),
        ),
        (
            "`bootstrap-registry resources diff -i SITE --kubeconfig FILE`",
            "`bootstrap-registry resources diff -i 'sites/my lab' --kubeconfig FILE`",
        ),
        ("`bootstrap-registry up -i other`", "`bootstrap-registry up -i other`"),
        ("`bootstrap-registry init sites/lab`", "`bootstrap-registry init sites/lab`"),
        ("`bootstrap-registry sandbox create`", "`bootstrap-registry sandbox create`"),
        (
            "`bootstrap-registry resources hosted-cluster-init`",
            "`bootstrap-registry resources hosted-cluster-init`",
        ),
        (
            "`bootstrap-registry resources hosted-cluster f`",
            "`bootstrap-registry resources hosted-cluster f -i 'sites/my lab'`",
        ),
        ("`bootstrap-registry precache init`", "`bootstrap-registry precache init`"),
        ("`bootstrap-registry precache status f`", "`bootstrap-registry precache status f`"),
        ("`bootstrap-registry precache partition d`", "`bootstrap-registry precache partition d`"),
        (
            "`bootstrap-registry precache instance --into f`",
            "`bootstrap-registry precache instance --into f`",
        ),
        (
            "`bootstrap-registry precache instance --site f`",
            "`bootstrap-registry precache instance --site f -i 'sites/my lab'`",
        ),
        ("`up`, which brings bootstrap-registry there", "`up`, which brings bootstrap-registry there"),
    ],
)
def test_commands_in_a_fix_get_the_inventory_and_nothing_else_changes(text, typed):
    assert with_inventory(text, LAB) == typed


@pytest.mark.parametrize("command", ["plan", "mirror", "verify", "status", "up", "check", "down"])
def test_every_command_on_a_site_says_it_with_the_inventory_that_it_was_given(command, monkeypatch):
    def fail(*_words, **_options):
        raise HostError("it is not there", why="nobody made it", fix="run `bootstrap-registry up` first")

    monkeypatch.setattr("bootstrap.cli.request.load_site", fail)
    said = CliRunner().invoke(app, [command, "-i", str(LAB), "--json"])
    (problem,) = json.loads(said.stdout)["problems"]
    assert problem["fix"] == "run `bootstrap-registry up -i 'sites/my lab'` first"
