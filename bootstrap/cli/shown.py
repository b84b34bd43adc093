"""Results as text for a person; each says what to type next."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bootstrap.cli.units import bytes_text, seconds_text
from bootstrap.site.model import Site
from bootstrap.workflow.mirror import Mirrored
from bootstrap.workflow.status import Status
from bootstrap.workflow.up import Up

_MOST_ERRORS = 3


def up_text(site: Site, done: Up) -> str:
    """Return where everything is, what was mirrored, and the next commands to try."""
    first, ca = site.registries[0], done.ca_files[0]
    changes = f"{done.changed} changes on the hosts" if done.changed else "nothing changed on the hosts"
    lines = ["", f"The mirror registry is up: {', '.join(done.urls)}   ({changes})", ""]
    lines += [f"  CA certificate   {_short(ca)}", f"  credentials      {_short(done.auth_file)}"]
    lines += [*_mirrored_lines(done.mirrored), "", "Try next:"]
    version, _, _architecture = (done.mirrored.releases or ("",))[-1].partition(" ")
    image = f"{first.location}/openshift/release-images"
    auth = shlex.quote(_short(done.auth_file))
    lines += [
        f"  curl --cacert {shlex.quote(_short(ca))} -i {done.urls[0]}/v2/     # 401: it wants credentials"
    ]
    if version:
        lines += [
            f"  SSL_CERT_FILE={shlex.quote(_short(ca))} skopeo list-tags --authfile {auth} docker://{image}"
        ]
    lines += [
        f"  {_program()} status -i {shlex.quote(_short(site.source))}",
        f"  {_program()} verify -i {shlex.quote(_short(site.source))}",
        f"  {_program()} resources diff -i {shlex.quote(_short(site.source))}     # before `oc apply`",
    ]
    return "\n".join(lines) + "\n"


def mirrored_text(done: Mirrored) -> str:
    """Return what a run moved, and where the cluster resources are."""
    return "\n".join(["", *_mirrored_lines(done)]) + "\n"


def status_text(found: Status) -> str:
    """Return a site at a glance."""
    lines = []
    for registry in found.registries:
        state = "is well" if registry.problem is None else "is NOT well"
        free = "" if registry.free_bytes is None else f", {bytes_text(registry.free_bytes)} free"
        lines.append(f"{registry.host}: {registry.url} {state} (unit {registry.unit or 'unknown'}{free})")
    lines.append(
        f"mirror host: {found.mirror_host}" + (f", run {found.live_run} going on" if found.live_run else "")
    )
    if found.last_run:
        run = found.last_run
        lines += _run_lines("last run", run)
        lines += [f"  {error['what']}: {error['why']}" for error in run.get("errors", ())][:_MOST_ERRORS]
    if found.last_mirrored and found.last_mirrored != found.last_run:
        lines += _run_lines("last mirrored", found.last_mirrored)
    lines.append(f"mirrored: {', '.join(found.releases) or 'no release'}; {found.images} images")
    return "\n".join(lines) + "\n"


def _run_lines(title: str, run: Mapping[str, Any]) -> list[str]:
    ended = f"ended {run['outcome']} at {run['finished']} after {seconds_text(run['seconds'])}"
    return [f"{title}: {run['run']} ({run.get('operation', 'mirror')}) {ended}", f"  {_moved(run)}"]


def _moved(run: Mapping[str, Any]) -> str:
    """Return the figures of a run; those that an older agent did not note are left out."""
    text = f"{run['blobs_copied']} blobs, {bytes_text(run['bytes_copied'])} moved"
    seconds = run.get("seconds_moving", 0)
    if seconds and run["bytes_copied"]:
        text += f" in {seconds_text(seconds)} ({bytes_text(run['bytes_copied'] / seconds)}/s)"
    for key, word in (("blobs_mounted", "mounted"), ("retries", "retries")):
        text += f", {run[key]} {word}" if run.get(key) else ""
    if run.get("bytes_planned"):
        text += f"; planned: {bytes_text(run['bytes_planned'])} of disk"
    return text


def _mirrored_lines(done: Mirrored) -> list[str]:
    moved = f"{done.blobs_copied} blobs, {bytes_text(done.bytes_copied)} moved"
    new = "   (new: `resources diff` tells what changes)" if done.is_new else "   (as before)"
    return [
        f"  mirrored         {', '.join(done.releases) or 'no release'}; {done.images} images; {moved}",
        f"  cluster resources {_short(done.resources)}{new}",
    ]


def _program() -> str:
    """Return what the user has to type for us from here."""
    name = "bootstrap-registry"
    return name if shutil.which(name) else shlex.quote(_short(Path(sys.argv[0]).absolute()))


def _short(path: Path) -> str:
    """Return ``path`` from here where it is below here, else whole."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
