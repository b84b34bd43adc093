#!/usr/bin/python
"""Keeps a directory of boot images as it has to be. Runs on the host's own Python (3.9 or newer)."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import ipaddress
import json
import os
import shutil
import ssl
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: web_server_images
short_description: Fetch files by their checksums, and remove those that are wanted no more
description:
  - A file has its name only once its bytes hash to I(sha256); until then it is a hidden one beside it, from
    which a broken download goes on. What hashes to something else is removed.
  - Remembers what it brought, so that files are hashed again only when somebody touched them, and so that it
    removes what is wanted no more and nothing else.
  - All files are tried; it fails at the end when one of them cannot be had.
options:
  directory:
    description: Where the files are.
    type: path
    required: true
  state_file:
    description: Where to remember what was brought.
    type: path
    required: true
  images:
    description: The files, each with I(path) below I(directory), I(url) (https) and I(sha256).
    type: list
    elements: dict
    required: true
  source_dir:
    description: Directory with files of the same names, to take them from; "" for none.
    type: str
    default: ""
  source_ca:
    description: PEM certificates to trust besides the host's own.
    type: str
    default: ""
  downloads:
    description: Whether to fetch what I(source_dir) does not have.
    type: bool
    default: true
  proxy:
    description: URL of the proxy to fetch through; "" for the one of the environment, if any.
    type: str
    default: ""
  no_proxy:
    description: Hosts, domains, addresses and networks that are reached without I(proxy).
    type: list
    elements: str
    default: []
author: bootstrap-registry
"""

EXAMPLES = r"""
- name: Bring the live ISO
  web_server_images:
    directory: /opt/web-server/images
    state_file: /opt/web-server/conf/boot-images.json
    images:
      - path: 9.6.20251023-0/x86_64/rhcos-live-iso.x86_64.iso
        url: https://rhcos.mirror.openshift.com/art/storage/rhcos-live-iso.x86_64.iso
        sha256: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
"""

RETURN = r"""
brought:
  description: Paths of the files that were brought, or would be.
  type: list
  returned: always
removed:
  description: Paths of the files that were removed, or would be.
  type: list
  returned: always
bytes_fetched:
  description: Bytes that came over the network.
  type: int
  returned: always
"""

PIECE = 1024 * 1024  # bytes
TRIES = 5  # of a download that goes on each time from where it broke
SILENCE_SECONDS = 60.0
SPARE = 64 * 1024 * 1024  # bytes that stay free


class Refused(Exception):
    """A file cannot be had, and no other try would change that."""


class Images:
    """The directory, and what is remembered of it."""

    def __init__(self, module: AnsibleModule) -> None:
        self.module = module
        self.directory = Path(module.params["directory"])
        self.memory = Path(module.params["state_file"])
        self.known = self.recall()
        self.brought: list[str] = []
        self.removed: list[str] = []
        self.bytes_fetched = 0
        self.is_changed = False

    def recall(self) -> dict[str, dict[str, Any]]:
        """Return what was brought: hash, size and time of change by path; no file, nothing."""
        try:
            known = json.loads(self.memory.read_text(encoding="utf-8"))["images"]
            return {str(path): dict(entry) for path, entry in known.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.module.fail_json(
                msg=f"{self.memory} cannot be read ({error}); remove it: every boot image is hashed again, "
                f"and what is wanted no more in {self.directory} is yours to remove."
            )
        return {}

    def remember(self) -> None:
        """Write what was brought."""
        text = json.dumps({"schema": 1, "images": self.known}, indent=2, sort_keys=True) + "\n"
        if self.memory.exists() and self.memory.read_text(encoding="utf-8") == text:
            return
        self.memory.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        descriptor, partial = tempfile.mkstemp(dir=self.module.tmpdir)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        self.module.atomic_move(partial, str(self.memory))
        self.module.set_mode_if_different(str(self.memory), "0644", False)

    def keep(self, image: dict[str, str]) -> None:
        """See that one file is there.

        Raises:
            Refused: It cannot be had.
        """
        path, wanted = image["path"], image["sha256"].lower()
        target = self.directory / path
        if self.is_there(target, path, wanted):
            if target.stat().st_mode & 0o7777 != 0o644:
                self.is_changed = True
                if not self.module.check_mode:
                    target.chmod(0o644)
            return
        self.is_changed = True
        self.brought.append(path)
        if self.module.check_mode:
            return
        if target.exists():  # somebody else's bytes, which are not to be served
            target.unlink()
        self.make_directories(target.parent)
        partial = target.with_name(f".{target.name}.{wanted[:16]}.partial")
        self.fill(partial, image)
        partial.chmod(0o644)
        partial.replace(target)
        self.note(target, path, wanted)

    def make_directories(self, directory: Path) -> None:
        """Make a directory and those above it, for all to enter."""
        directory.mkdir(mode=0o755, parents=True, exist_ok=True)

    def is_there(self, target: Path, path: str, wanted: str) -> bool:
        """Say whether the file has the right bytes; hashed only when it is not as we left it."""
        if target.is_symlink() or not target.is_file():
            return False
        found = target.stat()
        entry = {"sha256": wanted, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
        if self.known.get(path) == entry:
            return True
        if hash_of(target).hexdigest() != wanted:
            return False
        if not self.module.check_mode:
            self.note(target, path, wanted)
        return True

    def note(self, target: Path, path: str, wanted: str) -> None:
        """Remember a file that is good."""
        found = target.stat()
        self.known[path] = {"sha256": wanted, "size": found.st_size, "mtime_ns": found.st_mtime_ns}
        self.remember()

    def fill(self, partial: Path, image: dict[str, str]) -> None:
        """Get the bytes into ``partial``; wrong ones do not stay.

        Raises:
            Refused: There are none, or only wrong ones.
        """
        local = self.local(image["path"])
        if local is not None:
            with local.open("rb") as source, partial.open("wb") as file:
                shutil.copyfileobj(source, file, PIECE)
                settle(file)
            where = str(local)
        elif self.module.params["downloads"]:
            where = image["url"]
            if not where.startswith("https://"):
                raise Refused(f"{where or 'its URL, which is empty,'} is not an https URL")
            self.download(partial, where)
        else:
            name, source = Path(image["path"]).name, self.module.params["source_dir"]
            place = f"{source} has no {name}" if source else "web_server_source_dir is not set"
            raise Refused(f"{place}, and web_server_downloads is false")
        found = hash_of(partial).hexdigest()
        if found != image["sha256"].lower():
            partial.unlink()
            raise Refused(
                f"{where} has the SHA-256 {found}, and {image['sha256']} is wanted: what came was removed"
            )

    def local(self, path: str) -> Path | None:
        """Return where the source directory has a file, by its whole path or by its name."""
        directory = self.module.params["source_dir"]
        places = [Path(directory) / path, Path(directory) / Path(path).name] if directory else []
        return next((place for place in places if place.is_file()), None)

    def download(self, partial: Path, url: str) -> None:
        """Fetch what is missing of ``partial``.

        Raises:
            Refused: The server does not give it, or it does not fit.
        """
        for attempt in range(1, TRIES + 1):
            try:
                self.fetch(partial, url)
                return
            except urllib.error.HTTPError as error:
                if error.code == 416 and partial.exists():  # that was all; the hash says whether it is right
                    return
                if (error.code < 500 and error.code != 429) or attempt == TRIES:
                    raise Refused(f"{url} answered {error.code}") from error
            except (OSError, HTTPException) as error:  # URLError is an OSError
                reason = getattr(error, "reason", error)
                if isinstance(reason, ssl.SSLCertVerificationError) or attempt == TRIES:
                    raise Refused(f"{url} cannot be read: {reason}") from error
            time.sleep(min(2 ** (attempt - 1), 8))

    def fetch(self, partial: Path, url: str) -> None:
        """Fetch once, from where ``partial`` ends."""
        begin = partial.stat().st_size if partial.exists() else 0
        headers = {"User-Agent": "bootstrap-registry", "Accept-Encoding": "identity"}
        if begin:
            headers["Range"] = f"bytes={begin}-"
        request = urllib.request.Request(url, headers=headers)  # noqa: S310  # https, as fill() saw
        with self.opener(url).open(request, timeout=SILENCE_SECONDS) as answer:
            goes_on = answer.status == 206 and is_from(answer, begin)
            length = answer.headers.get("Content-Length")
            expected = int(length) if length and length.isdigit() else None
            self.refuse_full(partial.parent, url, expected)
            with partial.open("ab" if goes_on else "wb") as file:
                received = 0
                for piece in iter(lambda: answer.read(PIECE), b""):
                    file.write(piece)
                    received += len(piece)
                    self.bytes_fetched += len(piece)
                settle(file)
            if expected is not None and received < expected:
                raise ConnectionError(f"the answer ended after {received} of {expected} bytes")

    def refuse_full(self, directory: Path, url: str, expected: int | None) -> None:
        """See that what comes fits.

        Raises:
            Refused: It does not.
        """
        free = shutil.disk_usage(str(directory)).free
        if expected is not None and expected + SPARE > free:
            raise Refused(f"{url} needs {expected} bytes, and {free} are free in {directory}")

    def opener(self, url: str) -> urllib.request.OpenerDirector:
        """Return what goes to an https URL: through our proxy, else by the one that the environment names."""
        context = ssl.create_default_context()
        if self.module.params["source_ca"]:
            context.load_verify_locations(cadata=self.module.params["source_ca"])
        handlers: list[urllib.request.BaseHandler] = [urllib.request.HTTPSHandler(context=context)]
        proxy, bypass = self.module.params["proxy"], self.module.params["no_proxy"]
        if proxy:
            is_direct = is_bypassed(urlsplit(url).hostname or "", bypass)
            handlers.append(urllib.request.ProxyHandler({} if is_direct else {"https": proxy}))
        return urllib.request.build_opener(*handlers)

    def prune(self, wanted: set[str]) -> None:
        """Remove what was brought for releases that are gone, and what was never finished."""
        for path in sorted(set(self.known) - wanted):
            target = self.directory / path
            self.removed.append(path)
            self.is_changed = True
            if self.module.check_mode:
                continue
            if target.exists():
                target.unlink()
            del self.known[path]
            self.remember()
            self.remove_empty(target.parent)
        if not self.module.check_mode:  # all that is wanted is there, so what was never finished is not
            for leftover in [*self.directory.rglob(".*.partial")]:
                leftover.unlink()
                self.remove_empty(leftover.parent)

    def remove_empty(self, directory: Path) -> None:
        """Remove a directory and those above it, as long as they are empty and below ours."""
        while directory != self.directory and self.directory in directory.parents:
            try:
                directory.rmdir()
            except OSError:
                return
            directory = directory.parent


def is_bypassed(host: str, bypass: list[str]) -> bool:
    """Say whether a host is reached without the proxy: it, a domain of it, or its network is in the list."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return bool(urllib.request.proxy_bypass_environment(host, {"no": ",".join(bypass)}))
    for entry in bypass:
        with contextlib.suppress(ValueError):
            if address in ipaddress.ip_network(entry.strip(), strict=False):
                return True
    return False


def settle(file: IO[bytes]) -> None:
    """Let what was written survive a power cut."""
    file.flush()
    os.fsync(file.fileno())


def is_from(answer: HTTPResponse, begin: int) -> bool:
    """Say whether a partial answer begins where it was asked to."""
    return str(answer.headers.get("Content-Range", "")).startswith(f"bytes {begin}-")


def hash_of(path: Path) -> Any:  # noqa: ANN401  # hashlib has no public type
    """Return the SHA-256 of a file."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(PIECE), b""):
            found.update(piece)
    return found


@contextlib.contextmanager
def alone(directory: Path, is_check: bool) -> Iterator[None]:  # a run of another controller's waits for ours
    """Hold the directory's lock."""
    if is_check or not directory.is_dir():
        yield
        return
    descriptor = os.open(str(directory), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def main() -> None:
    """Do what the parameters ask."""
    os.umask(0o022)  # the directories we make are for all to enter, whatever root's umask is
    module = AnsibleModule(
        argument_spec={
            "directory": {"type": "path", "required": True},
            "state_file": {"type": "path", "required": True},
            "images": {"type": "list", "elements": "dict", "required": True},
            "source_dir": {"type": "str", "default": ""},
            "source_ca": {"type": "str", "default": ""},
            "downloads": {"type": "bool", "default": True},
            "proxy": {"type": "str", "default": "", "no_log": True},
            "no_proxy": {"type": "list", "elements": "str", "default": []},
        },
        supports_check_mode=True,
    )
    problems = []
    with alone(Path(module.params["directory"]), module.check_mode):
        images = Images(module)
        for image in module.params["images"]:
            try:
                images.keep(image)
            except Refused as error:
                problems.append(f"{image['path']}: {error}")
                images.remove_empty((images.directory / image["path"]).parent)
            except OSError as error:
                problems.append(f"{image['path']}: {error.filename}: {error.strerror or error}")
        if not problems:  # what was there before stays until all that is wanted now is
            images.prune({image["path"] for image in module.params["images"]})
    if problems:
        module.fail_json(
            msg="Boot images are missing. " + "; ".join(problems) + ". See docs/web-server.md.",
            brought=images.brought,
        )
    module.exit_json(
        changed=images.is_changed,
        brought=images.brought,
        removed=images.removed,
        bytes_fetched=images.bytes_fetched,
    )


if __name__ == "__main__":
    main()
