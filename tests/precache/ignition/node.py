"""A node: containers-storage of its own for the real podman and skopeo, and no network at all."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass

import pytest

from bootstrap.precache.ignition.stages import SCRIPT

needs_node = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("podman", "skopeo", "unshare"))),
    reason="nodes need root, podman, skopeo and unshare",
)

_IN_A_SMALL_ROOM = """mount -t tmpfs -o size="$1" none "$0" || exit
"${@:2}"
code=$?
echo "left over: $(ls -A "$TMPDIR")"
podman images --all --no-trunc --format "in the storage: {{.Digest}}"
exit $code"""


@dataclass
class Run:
    """How a run of the script ended, and what it said."""

    code: int
    lines: list[str]

    @property
    def text(self):
        return "\n".join(self.lines)

    @property
    def not_loaded(self):
        return {each.removeprefix("not loaded: ") for each in self.lines if each.startswith("not loaded: ")}

    def why(self, source):
        """Return why an image was not loaded, as the last try has it."""
        found = [each for each in self.lines if f"FAILED {source}: " in each]
        return found[-1].partition(f"FAILED {source}: ")[2]

    @property
    def counts(self):
        """Return how many were loaded, present and failed, and how many problems there are."""
        return tuple(
            int(each) for each in re.findall(r"(\d+) (?:loaded|present|failed|problems)", self.lines[-1])
        )


class Node:
    def __init__(self, directory):
        self.directory = directory
        self.temporary = directory / "tmp"
        self.temporary.mkdir(parents=True)
        conf = directory / "storage.conf"
        conf.write_text(
            f'[storage]\ndriver = "vfs"\ngraphroot = "{directory}/storage"\nrunroot = "{directory}/run"\n'
        )
        self.environment = {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(conf),
            "TMPDIR": str(self.temporary),
            "PRECACHE_WAIT": "0",
        }

    def run(self, *words, **options):
        """Run the script to its end; arguments as for :meth:`start`."""
        with self.start(*words, **options) as process:
            said, _ = process.communicate()
        return Run(process.returncode, said.splitlines())

    def start(
        self, *words, stage="ai", frm=None, room=None, storage=None, after="", script=SCRIPT, **environment
    ):
        """Start the script in namespaces without a network and with mounts of their own.

        Args:
            words: Of the script; else the stage and a label.
            stage: ``ai`` or ``ocp``.
            frm: Directory with the artefacts.
            room: Size of what is there for temporary files; what is left over there is said behind the rest.
            storage: Size of what is there for images.
            after: A command that has to fail when the script has ended.
            script: The script.
            environment: Beside the node's own.
        """
        environment = {**self.environment, **environment}
        if frm is not None:
            environment["PRECACHE_FROM"] = str(frm)
        argv = ["bash", str(script), *(words or (stage, "data"))]
        if room or storage:
            where = self.temporary if room else self.directory / "storage"
            where.mkdir(exist_ok=True)
            argv = ["bash", "-c", _IN_A_SMALL_ROOM, str(where), room or storage, *argv]
        if after:
            argv = ["bash", "-c", f'"$@" || exit; ! {after}', "bash", *argv]
        return subprocess.Popen(
            ["unshare", "--net", "--mount", *argv],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def podman(self, *words):
        """Return podman's exit code and what it prints."""
        done = subprocess.run(
            ["unshare", "--net", "podman", *words], env=self.environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout.strip()

    def has(self, source):
        """Return whether a node that asks for ``source`` finds it."""
        return self.podman("image", "exists", source)[0] == 0

    def digests(self):
        """Return the digests of everything in the storage."""
        return set(self.podman("images", "--all", "--no-trunc", "--format", "{{.Digest}}")[1].split())

    @property
    def leftovers(self):
        return sorted(each.name for each in self.temporary.iterdir())
