"""The page of all our messages: ``python -m bootstrap.cli.troubleshooting > docs/troubleshooting.md``.

Made from the errors themselves, where they are raised; a test says when it is out of date.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path

from bootstrap import errors
from bootstrap.cli.messages.collect import Message, messages
from bootstrap.cli.messages.sentences import sentences, task_messages
from bootstrap.cli.messages.source import Source
from bootstrap.errors import ExitCode

_HEAD = """\
# Troubleshooting

<!-- Made from the code by `python -m bootstrap.cli.troubleshooting > docs/troubleshooting.md`: edit that. -->

Every message of ours says *what* could not be done, *why* (what was found, so what it means), and the *fix*
(what to do next). Search this page for the words on your screen; ‹names in these marks› differ each time, so
search for the words between them. Where a message has several `why:` here, one of them stands on your screen.

Nothing was changed when the exit code is 2. After any other, what is done stays done, and the same command
again goes on from there. `bootstrap-registry check -i SITE` lists every problem at once and changes nothing.
"""
_INSIDE = """
These stand inside other messages (after `why:`, or as the message of a role's task), and hold their own fix.
"""
_ROOMS = {
    "agent": "The mirror agent, on the mirror host",
    "catalog": "Operator catalogs",
    "cli": "The command line",
    "cluster": "Cluster resources",
    "credentials": "Pull secret and password",
    "host": "Reaching and looking at hosts",
    "imageset": "The image set",
    "mirror": "Planning and moving content",
    "oci": "Images, as they are named and stored",
    "precache": "Edge sites and their disks",
    "process": "Programs that we start",
    "registry": "Talking to registries",
    "release": "OpenShift releases, their graph and signatures",
    "sandbox": "The sandbox",
    "site": "Inventory, settings and site state",
    "store": "Image layouts and archives",
    "tls": "Certificates",
    "workflow": "Checking and carrying out a command",
}
_TAKEN_OVER = "Messages that take over another's exit code"


def page(root: Path) -> str:
    """Return the page as Markdown.

    Args:
        root: The clone: ``bootstrap/``, ``roles/`` and ``playbooks/`` are in it.

    Raises:
        UndocumentedError: A message cannot be read from the code.
    """
    source = Source.read(root, ("bootstrap", "roles", "playbooks"))
    by_heading: dict[str, list[Message]] = {}
    for message in sorted(messages(source), key=lambda each: (_code(each), each)):
        by_heading.setdefault(_heading(_code(message)), []).append(message)
    inside = sentences(source)
    for heading, texts in task_messages(root / "roles").items():
        inside[heading] = sorted({*inside.get(heading, []), *texts})
    headings = [*by_heading, "Inside other messages"]
    contents = "".join(f"- [{heading}](#{_anchor(heading)})\n" for heading in headings)
    parts = [_HEAD, "\n## Contents\n\n", contents]
    for heading, found in by_heading.items():
        parts += [f"\n## {heading}\n", *_rooms(found)]
    parts += ["\n## Inside other messages\n", _INSIDE]
    for heading, texts in inside.items():
        if texts:
            parts.append(f"\n### {heading}\n\n```text\n" + "\n".join(texts) + "\n```\n")
    return "".join(parts)


def _code(message: Message) -> int:
    """Return the exit code; 1000 for a message that has another's."""
    return int(getattr(errors, message.kind).exit_code) if message.kind else 1000


def _heading(code: int) -> str:
    return f"Exit code {code}: {ExitCode(code).meaning}" if code < 1000 else _TAKEN_OVER


def _rooms(found: Iterable[Message]) -> Iterator[str]:
    by_room = sorted(
        found, key=lambda each: (_ROOMS.get(each.room, f"Role {each.room}"), each.what.lower(), each)
    )
    for room, in_room in itertools.groupby(
        by_room, key=lambda each: _ROOMS.get(each.room, f"Role {each.room}")
    ):
        yield f"\n### {room}\n"
        for what, same in itertools.groupby(in_room, key=attrgetter("what")):
            yield f"\n```text\n{what}\n{''.join(_reasons(same))}```\n"


def _reasons(same: Iterable[Message]) -> Iterator[str]:
    """Yield the lines of one message: reasons that have one fix stand together before it."""
    by_fix: dict[str, list[str]] = {}
    for message in same:
        by_fix.setdefault(message.fix, []).append(message.why)
    by_reasons: dict[tuple[str, ...], list[str]] = {}
    for fix, reasons in by_fix.items():
        by_reasons.setdefault(tuple(dict.fromkeys(filter(None, reasons))), []).append(fix)
    for whys, fixes in by_reasons.items():
        yield from (f"  why: {why}\n" for why in whys)
        yield from (f"  fix: {fix}\n" for fix in fixes)


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub makes of a heading."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -")
    return kept.replace(" ", "-")


if __name__ == "__main__":
    sys.stdout.write(page(Path(__file__).parents[2]))
