"""The effective settings of every host, as Ansible itself works them out.

Precedence, vault, lookups and ``-e`` are Ansible's, so Ansible is asked: one play that connects to no host
(``ansible/effective.yml``) with an action plugin that templates the declared names. What it answers lies for
a moment in 0600 files of a private directory, in memory where there is ``/dev/shm``.

Which ``ansible.cfg`` counts: ``$ANSIBLE_CONFIG``, else one beside the inventory, else where Ansible looks by
itself (working directory, ``~/.ansible.cfg``, ``/etc/ansible/ansible.cfg``). Of the environment, only what
``host/playbook.py`` keeps for the playbooks reaches Ansible, so both see the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bootstrap import process
from bootstrap.host.playbook import minimal_environment
from bootstrap.shipped import shipped
from bootstrap.site.ansible_says import Said, understand

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bootstrap.site.schema import Schema

_PLAYBOOK = Path(__file__).parent / "ansible" / "effective.yml"
# What lies beside the hosts and is no inventory, as ansible.cfg has it: the image set, whose key `mirror`
# would make a group, a pull secret, certificates and keys, archives.
_NOT_INVENTORY = (
    r"[Ii]mage-?[Ss]et.*\.ya?ml$",
    r"^(pull|auth)[^/]*\.(json|txt)$",
    r"\.(crt|pem|cer|key|der|p12|gpg|asc|pub|tar|tgz|gz|pyz|md)$",
)
_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    """What Ansible says about one host.

    Attributes:
        members: Hosts of our groups, in the inventory's order, by group.
        selected: Hosts that the limit matches; None without a limit.
        values: Declared options, templated, not yet of their type; may hold secrets.
        connection: Options of Ansible's connection and become plugins; may hold secrets.
        names: Every variable of the host, with the place where it was set ("" when not known).
        problems: Options that could not be templated, with Ansible's message.
    """

    host: str
    groups: tuple[str, ...]
    members: Mapping[str, list[str]]
    selected: list[str] | None
    values: Mapping[str, Any] = field(repr=False)
    connection: Mapping[str, Any] = field(repr=False)
    names: Mapping[str, str] = field(repr=False)
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Effective:
    """Everything Ansible said: answers by host, and what it printed."""

    answers: Mapping[str, Answer]
    said: Said


def ask_ansible(
    source: Path,
    schema: Schema,
    *,
    limit: str | None = None,
    arguments: Sequence[str] = (),
    roles_dir: Path | None = None,
    playbooks_dir: Path | None = None,
) -> Effective:
    """Return the effective settings of the hosts in our groups.

    Args:
        source: Inventory file or directory, absolute, existing.
        schema: Which options to ask for.
        limit: A host pattern; it restricts nothing here, the answers say whom it matches.
        arguments: Vault arguments and ``-e`` for ``ansible-playbook``.
        roles_dir: Where the roles' defaults are; None means those that we ship, likewise ``playbooks_dir``.
        playbooks_dir: What ``playbook_dir`` is in templates.

    Raises:
        TransferError: There is no ``ansible-playbook``, or it did not end (a lookup that waits?).
    """
    with _private_directory() as private:
        (private / "answers").mkdir(mode=0o700)
        (private / "tmp").mkdir(mode=0o700)
        request = {
            "answers_dir": str(private / "answers"),
            "limit": limit,
            "options": [option.name for option in schema.options.values() if not option.handed_on],
            "playbooks_dir": str(playbooks_dir or shipped("playbooks")),
            "roles": schema.roles,
            "roles_dir": str(roles_dir or shipped("roles")),
        }
        (private / "request.json").write_text(json.dumps(request), encoding="utf-8")
        done = process.run(
            [_ansible_playbook(), "-i", str(source), *arguments, str(_PLAYBOOK)],
            env=_environment(source, private),
            timeout_seconds=_TIMEOUT_SECONDS,
            check=False,
        )
        answers = [_answer(path) for path in sorted((private / "answers").iterdir())]
    said = understand(done.stdout, done.stderr, done.returncode, source)
    return Effective({answer.host: answer for answer in answers}, said)


def ansible_settings(source: Path) -> dict[str, str]:
    """Return the ``ANSIBLE_*`` environment that makes any run of Ansible read the inventory as we do."""
    settings = {
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "1",
        "ANSIBLE_INVENTORY_IGNORE_REGEX": ",".join(_NOT_INVENTORY),
    }
    beside = (source if source.is_dir() else source.parent) / "ansible.cfg"
    if "ANSIBLE_CONFIG" not in os.environ and beside.is_file():
        settings["ANSIBLE_CONFIG"] = str(beside)
    return settings


def _environment(source: Path, private: Path) -> dict[str, str]:
    return {
        **minimal_environment(),
        **ansible_settings(source),
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_FORKS": "10",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_LOCAL_TEMP": str(private / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_RETRY_FILES_ENABLED": "0",
        "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        "ANSIBLE_STRATEGY": "ansible.builtin.linear",
        "BOOTSTRAP_REGISTRY_REQUEST": str(private / "request.json"),
    }


def _ansible_playbook() -> str:
    beside = Path(sys.executable).parent / "ansible-playbook"
    return str(beside) if beside.exists() else "ansible-playbook"


def _answer(path: Path) -> Answer:
    content = json.loads(path.read_text(encoding="utf-8"))
    return Answer(**{**content, "groups": tuple(content["groups"])})


@contextmanager
def _private_directory() -> Iterator[Path]:
    """Make a 0700 directory, in memory where that is possible, and remove it whatever happens."""
    memory = Path("/dev/shm")  # noqa: S108  # mkdtemp below makes an unpredictable 0700 directory in it
    base = memory if os.access(memory, os.W_OK | os.X_OK) else None
    _sweep(Path(base or tempfile.gettempdir()))
    private = Path(tempfile.mkdtemp(prefix=f"bootstrap-registry-{os.getpid()}-", dir=base))
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _sweep(base: Path) -> None:
    """Remove our own directories that killed processes left behind."""
    for leftover in base.glob("bootstrap-registry-*-*"):
        pid = leftover.name.split("-")[2]
        with contextlib.suppress(OSError):
            is_ours = leftover.lstat().st_uid == os.geteuid() and not leftover.is_symlink()
            if pid.isdigit() and is_ours and not Path("/proc", pid).exists():
                shutil.rmtree(leftover, ignore_errors=True)
