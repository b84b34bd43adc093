"""Ignition as sites have it, and how the real programs judge it."""

import json
import shutil
import subprocess

import jsonschema
import pytest

from tests.cluster.crds import CRDS
from tests.cluster.seed_blocks import SEEDS

SEED_FILES = {"ClusterInstance": "000_4e7b8a3af34ea7a4.txt", "SiteConfig": "001_307facc2273d37ca.txt"}
needs_ignition = pytest.mark.skipif(shutil.which("ignition-validate") is None, reason="no ignition-validate")

FOREIGN_UNIT = {
    "name": "theirs.service",
    "enabled": True,
    "contents": "[Install]\nWantedBy=multi-user.target\n",
}
FOREIGN_FILE = {"path": "/etc/theirs", "mode": 420, "contents": {"source": "data:,it's%20theirs"}}


def seed_text(kind):
    """Return the document, verbatim."""
    return (SEEDS / SEED_FILES[kind]).read_text(encoding="utf-8")


def seed_overrides(kind):
    """Return the overrides in the document, the discovery stage's first, as they stand there."""
    text, found = seed_text(kind), []
    at = text.find("ignitionConfigOverride:")
    while at >= 0:
        begin = text.index("{", at)
        _, end = json.JSONDecoder().raw_decode(text, begin)
        found.append(text[begin:end])
        at = text.find("ignitionConfigOverride:", end)
    return found


def validate(text, directory):
    """Return what ignition-validate says; nothing when all is well."""
    file = directory / "config.ign"
    file.write_text(text)
    done = subprocess.run(["ignition-validate", file], capture_output=True, text=True)
    return f"{done.stdout}{done.stderr}{done.returncode or ''}"


def schema_problems(text):
    """Return what the JSON schema of its version has against it."""
    config = json.loads(text)
    version = config["ignition"]["version"].rpartition(".")[0].replace(".", "_")
    schema = json.loads((CRDS / f"ignition-schema-v{version}.json").read_text())
    return [error.message for error in jsonschema.Draft4Validator(schema).iter_errors(config)]
