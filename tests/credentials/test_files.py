"""Row D3: a file with credentials is whole, whatever happens while it is written."""

import json
import stat
import subprocess
import sys

import pytest

from bootstrap.credentials import files
from bootstrap.credentials.pull_secret import PullSecret, entry

OWN = PullSecret({"auths": {"quay.io": entry("u", "own")}, "credHelpers": {"ghcr.io": "secretservice"}})
OURS = {"registry1.example.com:5000": entry("registry", "secret")}

# A process that merges, and is killed when it comes to one of its steps: before or after it.
_MERGE = """
import json, os, pathlib, signal, sys
from bootstrap.credentials import files
from bootstrap.credentials.pull_secret import PullSecret

path, where, name, is_after = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] == "after"
owner = {"os": os, "Path": pathlib.Path}[where]
real = getattr(owner, name)

def killed(*words, **more):
    done = real(*words, **more) if is_after else None
    os.kill(os.getpid(), signal.SIGKILL)
    return done

setattr(owner, name, killed)
merged = PullSecret.parse(path.read_bytes(), "own").merged(json.loads(sys.argv[5]))
files.replace(path, merged.to_bytes())
"""


@pytest.mark.parametrize(
    ("where", "step", "moment", "wins"),
    [
        ("os", "fchmod", "before", OWN),  # nothing is written yet
        ("os", "fsync", "before", OWN),
        ("os", "fsync", "after", OWN),
        ("Path", "replace", "before", OWN),
        ("Path", "replace", "after", OWN.merged(OURS)),
    ],
)
def test_d3_a_pull_secret_is_the_old_or_the_new_one_when_its_merge_is_killed(
    tmp_path, where, step, moment, wins
):
    path = tmp_path / "pull-secret.json"
    files.replace(path, OWN.to_bytes())
    argv = [sys.executable, "-c", _MERGE, str(path), where, step, moment, json.dumps(OURS)]
    assert subprocess.run(argv).returncode == -9
    assert path.read_bytes() == wins.to_bytes()
    for left in tmp_path.iterdir():
        assert stat.S_IMODE(left.stat().st_mode) == 0o600, left
    files.replace(path, OWN.merged(OURS).to_bytes())  # and the next time goes well
    assert path.read_bytes() == OWN.merged(OURS).to_bytes()
