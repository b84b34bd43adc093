"""Finds registries on a host that we did not set up and that stand in our way; takes them over when asked.

Sent to the host through standard input and run there by its own ``python3`` (3.9 or newer) as root: by the
role, and by the driver's check. The standard library only, nothing of ours.

Input: ``sys.argv[1]`` is JSON: ``{"action": "look" | "adopt", "port": int, "root": str}``.
Output: one JSON object: ``{"found": [...], "actions": [...]}``; see :func:`described` and :func:`adopt`.
A registry is in the way when it holds the port, or will when the host boots, or works on our data.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OUR_CONTAINER = "mirror-registry"
OUR_UNIT = Path("/etc/containers/systemd/mirror-registry.container")
UNIT_DIRS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/usr/lib/systemd/system")
QUADLET_DIRS = ("/etc/containers/systemd", "/usr/share/containers/systemd")
CONFIGS = ("/etc/docker/registry/config.yml", "/etc/distribution/config.yml")
DATA = "/var/lib/registry"  # where distribution keeps it unless told otherwise
KEPT = ".before-adoption"
STORAGE = re.compile(r"REGISTRY_STORAGE_(S3|AZURE|GCS|SWIFT|OSS|INMEMORY)")


def main() -> None:
    """Answer what was asked."""
    asked = json.loads(sys.argv[1])
    port, root = int(asked["port"]), Path(asked["root"])
    found = [described(each, root) for each in containers_in_the_way(port, root)]
    if not found and (holder := holder_of(port)) is not None:
        found = [holder]
    actions = []
    if asked["action"] == "adopt":
        for each in found:
            actions += adopt(each, root)
    sys.stdout.write(json.dumps({"found": found, "actions": actions}) + "\n")


def said(*argv: str) -> str | None:
    """Return what a command prints, None when it is missing or fails."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def read(path: Path) -> str:
    """Return a file's text, "" when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


# Who holds the port


def listeners(port: int) -> list[int]:
    """Return the processes that listen on a TCP port in the host's own network."""
    sockets = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in read(Path(table)).splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:  # 0A: listening
                sockets.add(f"socket:[{fields[9]}]")
    return [pid for pid in _processes() if sockets & set(_links(pid))] if sockets else []


def _processes() -> Iterator[int]:
    yield from (int(entry) for entry in os.listdir("/proc") if entry.isdigit())  # noqa: PTH208


def _links(pid: int) -> Iterator[str]:
    directory = Path(f"/proc/{pid}/fd")
    try:
        entries = list(directory.iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            yield str(entry.readlink())
        except OSError:
            continue


def container_of(pid: int) -> str:
    """Return the id of the container that a process belongs to, "" when it is in none.

    A container's processes are children of its conmon, and a published port is held by conmon itself.
    """
    while pid > 1:
        words = read(Path(f"/proc/{pid}/cmdline")).split("\0")
        if Path(words[0]).name == "conmon" and "-c" in words:
            return words[words.index("-c") + 1]
        parent = re.search(r"^PPid:\s*(\d+)", read(Path(f"/proc/{pid}/status")), re.MULTILINE)
        pid = int(parent.group(1)) if parent else 0
    return ""


def unit_of(pid: int) -> str:
    """Return the systemd service that a process runs in, "" when it runs in none."""
    found = re.findall(r"/([^/\n]+\.service)(?=/|$)", read(Path(f"/proc/{pid}/cgroup")), re.MULTILINE)
    return found[-1] if found else ""


def holder_of(port: int) -> dict[str, Any] | None:
    """Return what is known of a process that holds the port and is in no container of root's, nor ours."""
    for pid in listeners(port):
        container, unit = container_of(pid), unit_of(pid)
        if unit == f"{OUR_CONTAINER}.service" and OUR_UNIT.exists():
            continue
        try:
            uid = os.stat(f"/proc/{pid}").st_uid  # noqa: PTH116
        except OSError:
            continue
        name = read(Path(f"/proc/{pid}/comm")).strip()
        return {"kind": "process", "name": name, "pid": pid, "uid": uid, "unit": unit, "container": container}
    return None


# Containers


def containers_in_the_way(port: int, root: Path) -> list[dict[str, Any]]:
    """Return podman's own description of each container that is in our way, ours left out."""
    ids = (said("podman", "ps", "--all", "--quiet", "--no-trunc") or "").split()
    inspected = json.loads((said("podman", "container", "inspect", *ids) if ids else None) or "[]")
    holding = {container_of(pid) for pid in listeners(port)} - {""} if inspected else set()
    return [each for each in inspected if not is_ours(each) and is_in_the_way(each, holding, port, root)]


def is_ours(container: dict[str, Any]) -> bool:
    """Say whether it is the one that our unit runs."""
    return bool(container["Name"] == OUR_CONTAINER and OUR_UNIT.exists())


def is_in_the_way(container: dict[str, Any], holding: set[str], port: int, root: Path) -> bool:
    """Say whether it holds the port or works on our data, now or after the next boot."""
    if container["Id"] in holding or container["Name"] == OUR_CONTAINER:
        return True  # our unit would replace whatever has its container's name
    if not container["State"]["Running"] and not starts_by_itself(container):
        return False
    data = (root / "data").resolve()
    if any(Path(mount["Source"]).resolve() == data for mount in container["Mounts"]):
        return True
    host = container["HostConfig"]
    published = [each for many in (host.get("PortBindings") or {}).values() for each in many or ()]
    return str(port) in [str(each.get("HostPort")) for each in published]


def starts_by_itself(container: dict[str, Any]) -> bool:
    """Say whether a unit or podman starts it when the host boots."""
    units = units_of(container)
    return restart_policy(container) != "no" or any(is_enabled(unit) for unit in units)


def restart_policy(container: dict[str, Any]) -> str:
    """Return its restart policy, ``no`` for none."""
    return str((container["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no")


def is_enabled(unit: str) -> bool:
    """Say whether systemd starts a unit when the host boots; one that a Quadlet file makes, it does."""
    answer = said("systemctl", "show", "--property=UnitFileState", "--value", unit) or ""
    return answer.strip() in ("enabled", "enabled-runtime", "generated")


def units_of(container: dict[str, Any]) -> list[str]:
    """Return the services that start the container: by what runs, by its label, by what their files say."""
    units = [str((container["Config"].get("Labels") or {}).get("PODMAN_SYSTEMD_UNIT") or "")]
    if container["State"]["Running"]:
        units.append(unit_of(int(container["State"].get("ConmonPid") or 0)))
    name = re.escape(container["Name"])
    word = re.compile(
        rf"podman\s.*\b(?:start|run)\b.*(?<![\w./-])(?:{name}|{container['Id'][:12]}\w*)(?![\w./-])"
    )
    for directory in UNIT_DIRS:
        for file in sorted(Path(directory).glob("*.service")):
            text = read(file).replace("\\\n", " ")
            if word.search(text):
                units.append(file.name)
    kept = [unit for unit in units if unit.endswith(".service") and not unit.startswith("user@")]
    return list(dict.fromkeys(kept))


# What there is to know of one of them


def described(container: dict[str, Any], root: Path) -> dict[str, Any]:
    """Return what a user, and the judge on the controller, should know of a container.

    ``data``, ``htpasswd``, ``certificate`` and ``key`` are paths on the host, "" for what it has not;
    ``why_not`` says why it cannot be adopted, "" when it can.
    """
    environment = dict(each.partition("=")[::2] for each in container["Config"].get("Env") or ())
    config = read(Path(on_host(container, config_path(container)) or "/nonexistent"))

    def setting(variable: str, pattern: str) -> str:
        found = re.search(pattern, config, re.MULTILINE)
        return environment.get(variable) or (found.group(1).strip("\"'") if found else "")

    directory = setting("REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY", r"^\s+rootdirectory:\s*(\S+)") or DATA
    htpasswd = setting("REGISTRY_AUTH_HTPASSWD_PATH", r"htpasswd:(?:\n\s+.*)*?\n\s+path:\s*(\S+)")
    certificate = on_host(container, setting("REGISTRY_HTTP_TLS_CERTIFICATE", r"^\s+certificate:\s*(\S+)"))
    data = on_host(container, directory)
    users = read(Path(on_host(container, htpasswd) or "/nonexistent")).splitlines()
    return {
        "kind": "container",
        "name": container["Name"],
        "id": container["Id"],
        "image": container.get("ImageName", ""),
        "running": container["State"]["Running"],
        "restart": restart_policy(container),
        "units": units_of(container),
        "data": data,
        "repositories": repositories(data),
        "htpasswd": on_host(container, htpasswd),
        "users": [line.partition(":")[0] for line in users if ":" in line],
        "certificate": certificate,
        "certificate_pem": read(Path(certificate)) if certificate else "",
        "key": on_host(container, setting("REGISTRY_HTTP_TLS_KEY", r"^\s+key:\s*(\S+)")),
        "why_not": why_not(environment, config, data, root),
    }


def config_path(container: dict[str, Any]) -> str:
    """Return where in the container its config file is."""
    named = [word for word in container["Config"].get("Cmd") or () if str(word).endswith((".yml", ".yaml"))]
    return next((path for path in (*named, *CONFIGS) if on_host(container, path)), CONFIGS[0])


def on_host(container: dict[str, Any], path: str) -> str:
    """Return the host's path of what the container knows as ``path``, "" when it is not mounted."""
    best = ""
    found = ""
    for mount in container["Mounts"]:
        inside = mount["Destination"].rstrip("/")
        if path and (path == inside or path.startswith(inside + "/")) and len(inside) >= len(best):
            best, found = inside, mount["Source"].rstrip("/") + path[len(inside) :]
    return found


def repositories(data: str) -> int:
    """Count the repositories below a registry's data."""
    top = Path(data or "/nonexistent") / "docker/registry/v2/repositories"
    return sum("_manifests" in names for _path, names, _files in os.walk(top)) if data else 0


def why_not(environment: dict[str, str], config: str, data: str, root: Path) -> str:
    """Return why the container cannot be adopted where it stands, "" when it can."""
    if any(STORAGE.match(name) for name in environment) or re.search(
        r"^  (s3|azure|gcs|swift):", config, re.MULTILINE
    ):
        return "it keeps its data in an object store"
    if "REGISTRY_PROXY_REMOTEURL" in environment or re.search(r"^proxy:", config, re.MULTILINE):
        return "it is a pull-through cache"
    if not data:
        return "its data is inside the container, not in a directory of the host"
    if not (Path(data) / "docker/registry/v2").is_dir() and any(Path(data).iterdir()):
        return f"what is in {data} is not a distribution registry's"
    if Path(data).resolve() != (root / "data").resolve():
        return f"its data is in {data}, not in {root}/data"
    return ""


# Taking one over


def adopt(found: dict[str, Any], root: Path) -> list[str]:
    """Stop a container for good, keep it, and make its data and users ours; may be called again.

    Returns:
        What was done, one sentence each, with what undoes it.
    """
    if found["kind"] != "container" or found["why_not"]:
        return []
    actions = [*_stop_units(found["units"]), *_stop(found)]
    if actions:
        actions.append(f"kept the container {found['name']} (stopped) with its image and certificate")
    if strangers := list(_not_roots(root / "data")):
        for path in strangers:
            os.chown(path, 0, 0, follow_symlinks=False)
        actions.append(f"gave {len(strangers)} files and directories below {root / 'data'} to root")
    if found["htpasswd"] and (names := _join(Path(found["htpasswd"]), root / "auth/htpasswd")):
        actions.append(f"copied {', '.join(names)} from {found['htpasswd']} into {root}/auth/htpasswd")
    return actions


def _stop_units(units: list[str]) -> Iterator[str]:
    for unit in units:
        name = unit[: -len(".service")]
        files = [Path(directory) / f"{name}.container" for directory in QUADLET_DIRS]
        if quadlet := next((file for file in files if file.exists()), None):
            run("systemctl", "stop", unit)
            quadlet.rename(f"{quadlet}{KEPT}")
            run("systemctl", "daemon-reload")
            yield f"stopped {unit} and moved {quadlet} to {quadlet}{KEPT}"
        elif (said("systemctl", "is-active", unit) or is_enabled(unit)) and said("systemctl", "cat", unit):
            run("systemctl", "disable", "--now", unit)
            yield f"stopped and disabled {unit} (undo: `systemctl enable --now {unit}`)"


def _stop(found: dict[str, Any]) -> Iterator[str]:
    now = json.loads(said("podman", "container", "inspect", found["id"]) or "[]")
    if now and now[0]["State"]["Running"]:
        run("podman", "stop", "--time", "30", found["id"])
        yield f"stopped the container {found['name']} (undo: `podman start {found['name']}`)"
    if now and found["restart"] != "no":
        # podman 5.1; before that a restart policy is for good.
        run("podman", "update", "--restart=no", found["id"])
        yield f"set its restart policy from {found['restart']} to no"
    if now and now[0]["Name"] == OUR_CONTAINER:
        run("podman", "rename", found["id"], f"{OUR_CONTAINER}{KEPT}")
        yield f"renamed it to {OUR_CONTAINER}{KEPT}"


def _not_roots(directory: Path) -> Iterator[str]:
    """Return what is not root's: our registry has no capability that would let it write there."""
    for path, _names, files in os.walk(str(directory)):
        for each in (path, *(os.path.join(path, name) for name in files)):  # noqa: PTH118  # millions of files
            if os.lstat(each).st_uid != 0:
                yield each


def _join(source: Path, destination: Path) -> list[str]:
    """Add the users of one htpasswd to another, which keeps its own; return their names."""
    if source.resolve() == destination.resolve():
        return []
    held = read(destination)
    names = {line.partition(":")[0] for line in held.splitlines()}
    new = [line for line in read(source).splitlines() if ":" in line and line.partition(":")[0] not in names]
    if new:
        partial = destination.with_name(".htpasswd.partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([*held.splitlines(), *new, ""]))
        partial.replace(destination)
    return [line.partition(":")[0] for line in new]


def run(*argv: str) -> None:
    """Run a command that has to work; what it says goes to standard error, and it ends us when it fails."""
    if shutil.which(argv[0]) is None or subprocess.run(argv, stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(
            f"`{' '.join(argv)}` failed; nothing was deleted, and the same command again goes on from here"
        )


if __name__ == "__main__":
    main()
