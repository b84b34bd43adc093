"""What Ansible prints about an inventory, understood: it warns and goes on where we have to stop."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bootstrap.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_BLOCK = re.compile(r"^\[(WARNING|ERROR|DEPRECATION WARNING)\]: ", re.MULTILINE)
_ORIGIN = re.compile(r"^Origin: (?P<file>/.*?):(?P<line>\d+)(?::\d+)?$", re.MULTILINE)
_PLUGIN = re.compile(
    r"Failed to parse inventory with '(?P<plugin>[^']+)' plugin: (?P<why>.*?)\n\n", re.DOTALL
)
_SOURCE = re.compile(r"with source '(?P<source>[^']+)'")
_CONFIG = re.compile(r"Error reading config file \((?P<file>[^)]+)\)")
_NAMED = re.compile(r"Could not process '(/[^']+)'")
_FAILED = re.compile(r"^(?P<host>\S+) \| (?:FAILED|UNREACHABLE)! => (?=\{)", re.MULTILINE)
# Warnings after which Ansible goes on with an inventory that is not what its author meant.
_FATAL = (
    "Unable to parse",
    "Skipping unexpected key",
    "Skipping '",
    "Found duplicate mapping key",
    "Found both group and host with same name",
)
# Said of groups that a site need not have, or better by us.
_NOISE = ("Could not match supplied host pattern", "provided hosts list is empty", "No inventory was parsed")


@dataclass(frozen=True)
class Said:
    """What one run of Ansible said.

    Attributes:
        problems: Reasons to stop; without any, every host of our groups has answered.
        failures: Hosts whose task failed, with Ansible's message.
        warnings: The rest, for the user to see.
    """

    problems: tuple[ConfigError, ...]
    failures: Mapping[str, str]
    warnings: tuple[str, ...]


def understand(stdout: str, stderr: str, returncode: int, source: Path) -> Said:
    """Read what ``ansible-playbook`` printed under the callback ``minimal``.

    Args:
        stdout: Its standard output, uncoloured, as is ``stderr``.
        stderr: Warnings and errors.
        returncode: 2 is "a task failed", and then ``failures`` says whose.
        source: The inventory, for messages.
    """
    blocks = list(_blocks(stdout + "\n" + stderr))
    parse_errors = [text for _, text in blocks if _PLUGIN.match(text)]
    problems = list(_unparsed(parse_errors))
    warnings = []
    for kind, text in blocks:
        if kind == "ERROR" or text in parse_errors or text.startswith(_NOISE):
            continue
        if text.startswith(_FATAL) and not (problems and text.startswith("Unable to parse")):
            problems.append(_misread(text, source))
        elif not text.startswith(_FATAL):
            origin = _ORIGIN.search(text)
            place = f" ({origin['file']}:{origin['line']})" if origin else ""
            warnings.append(_first_paragraph(text) + place)
    failures = dict(_failures(stdout))
    if returncode != 0 and not problems and not failures:
        errors = [text for kind, text in blocks if kind == "ERROR"]
        last_lines = (stderr.strip() or stdout.strip()).splitlines()[-3:]
        problems.append(_failed("\n".join(errors or last_lines), source))
    return Said(tuple(problems), failures, tuple(dict.fromkeys(warnings)))


def vault_error(what: str, why: str) -> ConfigError:
    """Return the error of a vaulted value that cannot be read."""
    return ConfigError(
        what,
        why=_first_paragraph(why),
        fix="give the vault's password: --vault-password-file FILE, or ANSIBLE_VAULT_PASSWORD_FILE",
    )


def is_about_vault(message: str) -> bool:
    """Say whether an error of Ansible's is about a missing or wrong vault password."""
    return "vault" in message.lower() or "decrypt" in message.lower()


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    _before, *parts = _BLOCK.split(text)
    for kind, block in zip(parts[::2], parts[1::2], strict=True):
        yield kind, block.strip() + "\n\n"


def _unparsed(texts: Sequence[str]) -> Iterator[ConfigError]:
    """Yield one error for every file that no inventory plugin could read, in its own plugin's words."""
    by_file: dict[str, dict[str, str]] = {}
    lines: dict[str, str] = {}
    for text in texts:
        plugin, origin, named = _PLUGIN.match(text), _ORIGIN.search(text), _SOURCE.search(text)
        assert plugin is not None, "the caller chose by this very pattern"
        plain = re.search(r"^Origin: (/.*)$", text, re.MULTILINE)
        file = (
            origin["file"] if origin else named["source"] if named else plain[1] if plain else "the inventory"
        )
        by_file.setdefault(file, {})[plugin["plugin"]] = plugin["why"]
        if origin:
            lines[file] = origin["line"]
    for file, said in by_file.items():
        own = "yaml" if file.endswith((".yml", ".yaml", ".json")) else "ini"
        why = said.get(own) or next(iter(said.values()))
        yield _inventory_error(f"{file}:{lines[file]}" if file in lines else file, why)


def _misread(text: str, source: Path) -> ConfigError:
    origin = _ORIGIN.search(text)
    return _inventory_error(f"{origin['file']}:{origin['line']}" if origin else str(source), text)


def _inventory_error(where: str, why: str) -> ConfigError:
    fix = "correct it: a group has `hosts`, `vars` and `children`, and each of them is a mapping"
    if "duplicate" in why:
        fix = "remove one of the two, or merge them: Ansible forgets the first"
    elif "same name" in why:
        fix = "rename the host: a pattern cannot mean both"
    return ConfigError(f"cannot read the inventory {where}", why=_first_paragraph(why), fix=fix)


def _failed(text: str, source: Path) -> ConfigError:
    """Return the error of a run that ended before any host could answer."""
    directory = source if source.is_dir() else source.parent
    files = list(_variable_files(directory))
    text = re.sub(r"^ansible\.errors\.\w+: ", "", text)
    if config := _CONFIG.search(text):
        return ConfigError(
            f"Ansible cannot read its configuration {config['file']}",
            why=_first_paragraph(text),
            fix="correct it; `ansible-config view` must work, too",
        )
    if text.startswith("Completely failed to parse"):
        return ConfigError(
            f"{source} has no registry",
            why="Ansible finds no inventory there",
            fix=f"put at least one host into the group `registry`, for example in {directory / 'hosts.yml'}",
        )
    if is_about_vault(text):
        vaulted = [str(path) for path in files if _is_vaulted(path)]
        return vault_error(f"cannot read {', '.join(vaulted) or source}", text)
    origin, named = _ORIGIN.search(text), _NAMED.search(text)
    where = f"{origin['file']}:{origin['line']}" if origin else named[1] if named else _broken_yaml(files)
    where = where or str(source)
    return ConfigError(
        f"cannot work out the settings of {where}",
        why=_first_paragraph(text),
        fix=f"correct it; `ansible-inventory -i {source} --list` must work, too",
    )


def _variable_files(directory: Path) -> Iterator[Path]:
    for name in ("group_vars", "host_vars"):
        yield from (path for path in sorted((directory / name).rglob("*")) if path.is_file())


def _is_vaulted(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(14) == b"$ANSIBLE_VAULT"


def _broken_yaml(files: Iterable[Path]) -> str | None:
    """Return ``file:line`` of the first file that is no YAML; Ansible's own message may leave it out."""
    for path in files:
        try:
            yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            return f"{path}:{mark.line + 1}" if mark else str(path)
        except (yaml.YAMLError, UnicodeDecodeError):
            return str(path)
    return None


def _failures(stdout: str) -> Iterator[tuple[str, str]]:
    for match in _FAILED.finditer(stdout):
        result, _ = json.JSONDecoder().raw_decode(stdout, match.end())
        yield match["host"], str(result.get("msg", ""))


def _first_paragraph(text: str) -> str:
    """Return the first paragraph as one line, without where it comes from and Ansible's names for types."""
    paragraph = re.split(r"\n\n|\nOrigin: ", text.strip())[0].removesuffix(" and got:")
    plain = re.sub(r"\"?<class '[\w.]*\._AnsibleTagged(\w+)'>\"?", r"\1", paragraph)
    return re.sub(r"_AnsibleTagged(\w+)", r"\1", " ".join(plain.split()))
