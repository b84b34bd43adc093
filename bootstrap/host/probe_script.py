"""Looks at a machine and prints what it sees as one JSON object; changes nothing.

This file is sent to the host through standard input and run there by the host's own ``python3`` (3.9 or
newer), as root. It stands alone: the standard library only, nothing of ours. Nothing that it runs writes:
podman is asked for its version only (``podman info`` would make its storage), and apt keeps its caches in
memory.

Input: ``sys.argv[1]`` is JSON: ``{"paths": {label: path}, "port": int, "name": str, "names": [str],
"zones": [str], "packages": {tool: {package: [command, …]}}, "packages_selinux": {package: [command, …]},
"root": str, "lock": str, "tools": [str], "web_port": int}``; what is left out is not looked at.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import os
import platform
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Tuple

OUR_UNIT = "mirror-registry.service"
WEB_UNIT = "mirror-web-server.service"
GENERATORS = (
    "/usr/lib/systemd/system-generators/podman-system-generator",
    "/lib/systemd/system-generators/podman-system-generator",
    "/usr/local/lib/systemd/system-generators/podman-system-generator",
)
PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
# systemd.exec(5), "Environment Variables in Spawned Processes": what a service finds without a path.
SERVICE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
REACH_SECONDS = 2.0
REVERSE_SECONDS = 1.0


def output(*argv: str, seconds: float = 10.0) -> Tuple[int, str, str]:
    """Return exit code and what a command prints; -1 when it is missing or does not end."""
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}
    environment["PATH"] = environment.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    try:
        done = subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return -1, "", str(error)
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def said(*argv: str) -> Optional[str]:
    """Return what a command prints, or None when it is missing or fails."""
    code, out, _ = output(*argv)
    return out if code == 0 else None


def text_of(path: str) -> Optional[str]:
    """Return a file's text, None where there is none to read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def glibc() -> str:
    """Return the version of the C library ("2.34"); "" where it is another one."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").rpartition(" ")[2]
    except (ValueError, OSError):
        return ""


def os_release() -> Dict[str, str]:
    """Return the fields of /etc/os-release."""
    fields = {}
    for line in (text_of("/etc/os-release") or "").splitlines():
        key, _, value = line.strip().partition("=")
        fields[key] = value.strip("\"'")
    return fields


# Disks


def graph_root() -> str:
    """Return where podman keeps images and containers, from its own configuration."""
    for file in ("/etc/containers/storage.conf", "/usr/share/containers/storage.conf"):
        found = re.search(r'^\s*graphroot\s*=\s*"([^"]+)"', text_of(file) or "", re.MULTILINE)
        if found:
            return found[1]
    return "/var/lib/containers/storage"


def disk(wanted: str) -> Dict[str, Any]:
    """Return what the file system is like that holds, or would hold, ``wanted``."""
    path = next(path for path in (Path(wanted), *Path(wanted).parents) if path.exists())
    usage = os.statvfs(path)
    mount = mount_of(path)
    return {
        "path": wanted,
        "mount_of": str(path),
        "is_directory": path.is_dir(),
        "free": usage.f_bavail * usage.f_frsize,
        "total": usage.f_blocks * usage.f_frsize,
        "free_files": usage.f_favail if usage.f_files else None,
        "is_read_only": bool(usage.f_flag & os.ST_RDONLY),
        "device": path.stat().st_dev,
        "type": mount[0],
        "has_labels": "seclabel" in mount[1],
    }


def mount_of(path: Path) -> Tuple[str, List[str]]:
    """Return the type and the options of the file system that holds ``path``."""
    best, found = "", ("", [""])
    resolved = str(path.resolve())
    for line in (text_of("/proc/self/mountinfo") or "").splitlines():
        fields, _, rest = line.partition(" - ")
        point = fields.split()[4].replace("\\040", " ")
        is_above = resolved == point or resolved.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(best):
            kind, _device, *options = rest.split(" ", 2)
            best, found = point, (kind, [*fields.split()[5].split(","), *",".join(options).split(",")])
    return found


# The port


def listener(port: int) -> Optional[Dict[str, Any]]:
    """Return who listens on TCP ``port``; its ``process`` is "" when that is not known; None: nobody."""
    code, answer, _ = output("ss", "-Hltnp", f"sport = :{port}")
    if code != 0:
        return {"process": "", "pid": None} if _is_bound(port) else None
    if not answer:
        return None
    found = re.search(r'users:\(\("([^"]*)",pid=(\d+)', answer)
    if not found:
        return {"process": "", "pid": None}
    return {"process": found[1], "pid": int(found[2]), **owner(int(found[2]))}


def _is_bound(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return True
    return False


def owner(pid: int) -> Dict[str, Any]:
    """Return which unit and which container a process belongs to."""
    groups = text_of(f"/proc/{pid}/cgroup") or ""
    units = re.findall(r"/([^/\s]+\.service)(?=/|$)", groups, re.MULTILINE)
    identity = re.search(r"(?:libpod-(?:conmon-|payload-)?|docker-)([0-9a-f]{64})", groups)
    words = (text_of(f"/proc/{pid}/cmdline") or "").split("\0")
    if identity is None and "-c" in words[:-1]:  # conmon holds the ports that podman publishes
        identity = re.search(r"^([0-9a-f]{64})$", words[words.index("-c") + 1])
    name, image = container(identity[1]) if identity else (None, "")
    unit = units[-1] if units and not units[-1].startswith("user@") else None
    return {"unit": unit, "container": name, "image": image, "pids": [pid, *children(pid)]}


def children(pid: int) -> List[int]:
    """Return the children of a process."""
    found = text_of(f"/proc/{pid}/task/{pid}/children") or ""
    return [int(word) for word in found.split()]


def containers() -> List[Dict[str, str]]:
    """Return id, name and image of root's containers, from podman's own files: podman would make some."""
    found = []
    for driver in ("overlay", "vfs", "btrfs", "zfs"):
        # A container that is removed when it stops (--rm, as Quadlet's are) is in the second.
        for name in ("containers.json", "volatile-containers.json"):
            try:
                entries = json.loads(text_of(f"{graph_root()}/{driver}-containers/{name}") or "[]")
                found += [_container(entry) for entry in entries]
            except (ValueError, AttributeError, TypeError, KeyError):
                continue
    return found


def _container(entry: Dict[str, Any]) -> Dict[str, str]:
    about = json.loads(entry.get("metadata") or "{}")
    name = str((entry.get("names") or [entry["id"][:12]])[0])
    return {"id": str(entry["id"]), "name": name, "image": str(about.get("image-name", ""))}


def container(identity: str) -> Tuple[str, str]:
    """Return a container's name and image; its short id where podman's files do not tell."""
    for each in containers():
        if each["id"] == identity:
            return each["name"], each["image"]
    return identity[:12], ""


def holds_data_below(pids: List[int], root: str) -> bool:
    """Tell whether one of the processes has a directory below ``root`` mounted, or has files open there."""
    top = Path(root)
    wanted = {_identity(path) for path in (top, *(top.iterdir() if top.is_dir() else ()))} - {None}
    for pid in pids:
        for line in (text_of(f"/proc/{pid}/mountinfo") or "").splitlines():
            point = line.split()[4]
            if point != "/" and _identity(Path(f"/proc/{pid}/root{point}")) in wanted:
                return True
    return False


def _identity(path: Path) -> Optional[Tuple[int, int]]:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


# Names


def addresses(name: str) -> List[str]:
    """Return the addresses that ``name`` has on this machine."""
    try:
        return sorted({str(item[4][0]).partition("%")[0] for item in socket.getaddrinfo(name, None)})
    except (OSError, UnicodeError):
        return []


def reverse(address: str) -> Optional[str]:
    """Return the name that an address has on this machine; None when it has none, or nobody says in time."""
    found: List[str] = []

    def ask() -> None:
        with contextlib.suppress(OSError):
            found.append(socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0])

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(REVERSE_SECONDS)
    return found[0] if found else None


def links() -> List[Dict[str, Any]]:
    """Return what ``ip`` says of links and addresses."""
    try:
        found = json.loads(said("ip", "-json", "address", "show", "up") or "[]")
    except ValueError:
        return []
    return [link for link in found if isinstance(link, dict)]


# The firewall


def firewall(unit: Dict[str, str], zones: List[str]) -> Dict[str, Any]:
    """Return how firewalld is, and which of ``zones`` it has neither now nor after a reload.

    Args:
        unit: What systemd says of firewalld.service.
        zones: Those to look for; firewall-cmd, which is slow, is asked only when there are some.
    """
    found: Dict[str, Any] = {
        "is_installed": bool(missing({"": ["firewall-cmd"]})) is False,
        "is_enabled": unit.get("UnitFileState") == "enabled",
        "is_masked": unit.get("LoadState") == "masked",
        "state": unit.get("ActiveState", "unknown"),
        "zones": [],
        "unknown_zones": [],
    }
    if zones and found["is_installed"] and found["state"] == "active":
        now, later = said("firewall-cmd", "--get-zones"), said("firewall-cmd", "--permanent", "--get-zones")
        found["zones"] = sorted(set((now or "").split()) & set((later or "").split()))
        found["unknown_zones"] = sorted(set(zones) - set(found["zones"]))
    return found


def units(*names: str) -> Dict[str, Dict[str, str]]:
    """Return what systemd says of units, by name; empty where there is no systemd."""
    facts = "--property=Id,LoadState,ActiveState,UnitFileState"
    blocks = (said("systemctl", "show", facts, "--", *names) or "").split("\n\n")
    found = [dict(line.partition("=")[::2] for line in block.splitlines()) for block in blocks]
    return {unit["Id"]: unit for unit in found if "Id" in unit}


# Packages


def missing(packages: Dict[str, List[str]]) -> List[str]:
    """Return the packages none of whose commands is there."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin:/usr/local/sbin"
    return [
        name
        for name, commands in packages.items()
        if not any(shutil.which(each, path=path) for each in commands)
    ]


def installable(tool: Optional[str], packages: List[str]) -> str:
    """Return why the package manager could not install them; "" when it could."""
    if not packages:
        return ""
    if tool == "apt-get":
        return _apt(packages)
    if tool == "dnf":
        return _dnf(packages)
    return "there is neither dnf nor apt-get"


def _apt(packages: List[str]) -> str:
    # No lock is taken and no cache is written: a look, even while somebody installs something.
    quiet = ["-o", "Debug::NoLocking=true", "-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="]
    code, out, error = output("apt-get", *quiet, "--print-uris", "-qq", "install", *packages, seconds=20)
    urls = re.findall(r"^'([^']+)'", out, re.MULTILINE)
    if code == 0 and not urls:
        return "apt says that all of it is installed, and the programs of it are not there"
    if code == 0:
        return _unreachable(urls)
    # A new host has no lists of packages yet; they are read before anything is installed.
    if "Unable to locate" in error or "no installation candidate" in error:
        urls = re.findall(r"^'([^']+)'", output("apt-get", *quiet, "--print-uris", "update")[1], re.MULTILINE)
        if not urls:
            return "apt has no package repository (/etc/apt/sources.list.d): " + error.replace("\n", "; ")
        has_lists = any(Path("/var/lib/apt/lists").glob("*_Packages*"))
        return _unreachable(urls) or (error.replace("\n", "; ") if has_lists else "")
    return error.replace("\n", "; ")[-500:] or f"apt-get ended with {code}"


def _unreachable(urls: List[str]) -> str:
    """Return why the first file of one of the repositories cannot be had; "" when all can."""
    by_host: Dict[str, str] = {}
    for url in urls:
        by_host.setdefault("/".join(url.split("/", 3)[:3]), url)
    proxy = re.search(r'Acquire::https?::Proxy "(\S+)"', said("apt-config", "dump") or "")
    ways = {"http": proxy[1], "https": proxy[1]} if proxy and proxy[1] != "DIRECT" else None
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(ways))
    told = at_once([_reaching(opener, url) for url in by_host.values()], REACH_SECONDS + 0.5)
    if None in told:
        return f"the package repository {list(by_host)[told.index(None)]} does not answer"
    return next((answer for answer in told if answer), "")


def _reaching(opener: urllib.request.OpenerDirector, url: str) -> Callable[[], str]:
    def reach() -> str:
        try:
            # The scheme is what the host's own package manager uses, file: included.
            question = urllib.request.Request(url, method="HEAD")  # noqa: S310
            opener.open(question, timeout=REACH_SECONDS).close()
        except urllib.error.HTTPError as error:
            return f"the package repository answers {error.code} for {url}" if error.code >= 500 else ""
        except (OSError, ValueError) as error:
            if isinstance(getattr(error, "reason", None), ssl.SSLCertVerificationError):
                return ""  # it answers; apt may trust it by a CA of its own (Acquire::https::CAInfo)
            return f"the package repository {'/'.join(url.split('/', 3)[:3])} cannot be reached: {error}"
        return ""

    return reach


def _dnf(packages: List[str]) -> str:
    # --cacheonly: what the repositories' metadata of last time say; nothing is fetched or written.
    code, out, error = output("dnf", "--cacheonly", "--assumeno", "--quiet", "install", *packages, seconds=20)
    text = f"{out}\n{error}"
    if code == 0 or "Operation aborted" in text:
        return ""
    repositories = enabled_repositories(
        file.read_text(encoding="utf-8", errors="replace") for file in Path("/etc/yum.repos.d").glob("*.repo")
    )
    if not repositories:
        return "dnf has no enabled package repository (/etc/yum.repos.d)"
    if "No match for argument" in text or "Unable to find a match" in text:
        return " ".join(text.split())[-500:]
    told = at_once([_knocking(url) for url in repositories], REACH_SECONDS + 0.5)
    if any(answer == "" for answer in told):
        return ""  # without metadata nobody knows more until dnf may fetch them
    return next((answer for answer in told if answer), "no package repository answers")


def enabled_repositories(files: Any) -> List[str]:  # noqa: ANN401  # an iterable of text
    """Return where the enabled repositories of ``.repo`` files are: the first URL of each."""
    found = []
    for text in files:
        for section in re.split(r"^\[", text, flags=re.MULTILINE)[1:]:
            url = re.search(r"^(?:baseurl|metalink|mirrorlist)\s*=\s*(\S+)", section, re.MULTILINE)
            is_off = re.search(r"^enabled\s*=\s*(0|false|no)\s*$", section, re.MULTILINE | re.IGNORECASE)
            if url and not is_off:
                found.append(url[1])
    return found


def _knocking(url: str) -> Callable[[], str]:
    def knock() -> str:
        if url.startswith("file:"):
            return ""
        scheme, _, rest = url.partition("://")
        host, _, port = rest.split("/", 1)[0].rpartition("@")[2].partition(":")
        try:
            socket.create_connection(
                (host, int(port or {"http": 80}.get(scheme, 443))), REACH_SECONDS
            ).close()
        except (OSError, ValueError) as error:
            return f"the package repository {host} cannot be reached: {error}"
        return ""

    return knock


def at_once(works: List[Callable[[], Any]], seconds: float) -> List[Any]:
    """Do all of ``works`` at once and return their answers in order; None: not within ``seconds``."""
    answers: List[Any] = [None] * len(works)

    def do(number: int) -> None:
        answers[number] = works[number]()

    threads = [threading.Thread(target=do, args=(number,), daemon=True) for number in range(len(works))]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return list(answers)


# What is there of ours


def certificate(directory: str) -> Dict[str, Any]:
    """Return the registry's certificate, and whether its key would be served with it."""
    crt, key = Path(directory, "registry.crt"), Path(directory, "registry.key")
    is_pair = True
    try:
        # A key with a passphrase is of no use to a service: an empty answer keeps OpenSSL from asking.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(str(crt), str(key), password=lambda: "")
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        is_pair = False
    return {"pem": text_of(str(crt)), "is_pair": is_pair}


def live_run(lock: str) -> Optional[str]:
    """Return the mirroring run that goes on here; None when there is none."""
    try:
        file = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        try:
            return str(json.loads(os.pread(file, 4096, 0)))
        except ValueError:
            return "unknown"
    except OSError:
        return None
    finally:
        os.close(file)
    return None


def proxies() -> Dict[str, str]:
    """Return the proxy variables that a service gets: systemd's own; without systemd, this shell's."""
    lines = (said("systemctl", "show-environment") or "").splitlines()
    given = dict(line.partition("=")[::2] for line in lines) if lines else dict(os.environ)
    return {name: unquoted(given[name]) for name in PROXY_VARIABLES if given.get(name)}


def unquoted(value: str) -> str:
    """Return a value without the quotes that systemctl puts around some."""
    return value[2:-1] if value.startswith("$'") and value.endswith("'") else value


def umask() -> int:
    """Return root's umask, from the kernel: asking os.umask would set it."""
    found = re.search(r"^Umask:\s*([0-7]+)", text_of("/proc/self/status") or "", re.MULTILINE)
    return int(found[1], 8) if found else 0o022


def selinux() -> str:
    """Return ``enforcing``, ``permissive`` or ``disabled``."""
    mode = text_of("/sys/fs/selinux/enforce")
    return "disabled" if mode is None else "enforcing" if mode.strip() == "1" else "permissive"


def podman_version() -> Optional[str]:
    """Return podman's version; None when there is none that runs."""
    if os.geteuid() != 0:  # a user's first podman makes directories in the home directory
        return None
    found = re.search(r"\d+(?:\.\d+)+\S*", said("podman", "--version") or "")
    return found[0] if found else None


def whoever_listens(wanted: Dict[str, Any]) -> Optional[Dict[str, Any]]:
    """Return who listens on the registry's port, and whether it works on data below our root."""
    who = listener(wanted["port"])
    pids = who.pop("pids", []) if who is not None else []
    if who is not None and who.get("unit") != OUR_UNIT:
        who["holds_our_data"] = holds_data_below(pids, wanted.get("root") or "/nowhere")
    return who


def packages(wanted: Dict[str, Any]) -> Dict[str, Any]:
    """Return which packages are missing, and why they could not be installed."""
    tool = next((each for each in ("dnf", "apt-get") if shutil.which(each)), None)
    needed = dict(wanted.get("packages", {}).get(tool or "apt-get", {}))
    if selinux() != "disabled":
        needed.update(wanted.get("packages_selinux", {}))
    lacking = missing(needed)
    return {"tool": tool, "missing": lacking, "not_installable": installable(tool, lacking)}


def agent_python() -> List[int]:
    """Return the version of the Python that the mirror agent's unit names; empty when it is not there."""
    if Path(sys.executable).resolve() == Path("/usr/bin/python3").resolve():
        return list(sys.version_info[:2])
    told = said("/usr/bin/python3", "-IBc", "import sys; print(*sys.version_info[:2])")
    return [int(word) for word in told.split()] if told else []


def names(wanted: List[str]) -> Dict[str, Any]:
    """Return the addresses of all names, and the names of the first one's addresses."""
    found = at_once([functools.partial(addresses, name) for name in wanted], 8.0)
    first = (found[0] or [])[:4]
    back = at_once([functools.partial(reverse, each) for each in first], REVERSE_SECONDS + 0.5)
    return {
        "resolved": {name: found[number] or [] for number, name in enumerate(wanted)},
        "reverse": {address: back[number] for number, address in enumerate(first)},
    }


def slow(wanted: Dict[str, Any]) -> List[Any]:
    """Return what takes a program or the network, all asked at once: each is mostly waiting."""
    works: List[Callable[[], Any]] = [
        podman_version,
        lambda: packages(wanted),
        lambda: whoever_listens(wanted),
        lambda: names([wanted["name"], *wanted.get("names", [])]),
        links,
        proxies,
        lambda: units(OUR_UNIT, WEB_UNIT, "firewalld.service"),
        lambda: listener(wanted["web_port"]) if wanted.get("web_port") else None,
    ]
    return at_once(works, 25.0)


def main() -> None:
    """Print what there is to see."""
    wanted = json.loads(sys.argv[1])
    podman, package, who, name, own, proxy, unit, web = slow(wanted)
    ours, root = (unit or {}).get(OUR_UNIT, {}), wanted.get("root")
    places = dict(wanted["paths"], **({"graphroot": graph_root()} if root or wanted.get("web_port") else {}))
    seen = {
        "uid": os.geteuid(),
        "python": list(sys.version_info[:3]),
        "agent_python": agent_python(),
        "os": os_release(),
        "architecture": platform.machine(),
        "glibc": glibc(),
        "fips": (text_of("/proc/sys/crypto/fips_enabled") or "").strip() == "1",
        "tools": {name: shutil.which(name, path=SERVICE_PATH) for name in wanted.get("tools", [])},
        "time": time.time(),
        "cgroup2": Path("/sys/fs/cgroup/cgroup.controllers").exists(),
        "systemd": Path("/run/systemd/system").is_dir(),
        "podman": podman,
        "quadlet": any(Path(path).exists() for path in GENERATORS),
        "packages": package or {"tool": None, "missing": [], "not_installable": ""},
        "firewall": firewall((unit or {}).get("firewalld.service", {}), wanted.get("zones", [])),
        "selinux": selinux(),
        "umask": umask(),
        "proxies": proxy or {},
        "unit": ours.get("ActiveState"),
        "unit_exists": ours.get("LoadState") == "loaded",
        "listener": who,
        "web_unit": (unit or {}).get(WEB_UNIT, {}).get("ActiveState"),
        "web_listener": web,
        "containers": [each["name"] for each in containers()] if root else [],
        "addresses": (name or {}).get("resolved", {}).get(wanted["name"], []),
        **(name or {"resolved": {}, "reverse": {}}),
        "links": own or [],
        "nodename": os.uname().nodename,
        "hosts_file": text_of("/etc/hosts") or "",
        "certificate": certificate(f"{root}/certs") if root else None,
        "htpasswd": text_of(f"{root}/auth/htpasswd") if root else None,
        "live_run": live_run(wanted["lock"]) if wanted.get("lock") else None,
        "disks": {label: disk(path) for label, path in places.items()},
    }
    print(json.dumps(seen))
    sys.stdout.flush()
    os._exit(0)  # a thread that still waits for a name server is not waited for


if __name__ == "__main__":
    main()
