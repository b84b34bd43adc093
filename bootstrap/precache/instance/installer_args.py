"""``installerArgs`` of a node: what the Assisted Service hands on to coreos-installer.

Source: openshift/assisted-service at 063b257, ``internal/host/hostutil/host_utils.go``:
``ValidateInstallerArgs``.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from bootstrap.precache.instance.defect import Defect

_ALONE = ("-n", "--copy-network")
_WITH_VALUE = (
    *("--append-karg", "--delete-karg", "--network-dir", "--save-partlabel", "--save-partindex"),
    *("--image-url", "--image-file"),
)
_VALUE = re.compile(r"""[A-Za-z0-9@!#$%*()_+-=//.,";':{}\[\]]+""")  # its own, with the range from + to =
_FIX = "take it out, or write it as coreos-installer has it, a word each: " + '["--save-partlabel", "data"]'


def words_of(value: object) -> tuple[str, ...]:
    """Return the words of ``installerArgs``, which is JSON in a text.

    Raises:
        ValueError: It is no list of texts.
    """
    if not isinstance(value, str):
        raise ValueError("it has to be a text with JSON in it: put it in single quotes")
    try:
        found = json.loads(value)
    except ValueError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ValueError("it has to be a JSON list of texts")
    return tuple(found)


def merged_args(words: Sequence[str], ours: Sequence[str]) -> tuple[str, ...]:
    """Return ``words`` with the option and value that ``ours`` are, once."""
    pairs = list(itertools.pairwise(words))
    return (*words, *(() if tuple(ours) in pairs else ours))


def about_installer_args(path: str, value: object) -> Iterator[Defect]:
    """Yield what is wrong with ``installerArgs``."""
    try:
        words = words_of(value)
    except ValueError as error:
        yield Defect(path, str(error), """write it so: '["--save-partlabel", "data"]'""")
        return
    yield from (Defect(path, why, _FIX) for why in whys(words))


def whys(words: Sequence[str]) -> Iterator[str]:
    """Yield why the Assisted Service, or coreos-installer, would refuse these words."""
    wanted = ""
    for word in words:
        if word.startswith("-"):
            if wanted:
                yield f"{wanted} has no value"
            wanted = word if word in _WITH_VALUE else ""
            if word not in (*_ALONE, *_WITH_VALUE):
                yield f"the Assisted Service refuses {word}; it takes {', '.join((*_ALONE, *_WITH_VALUE))}"
            continue
        if not _VALUE.fullmatch(word):
            yield f"{word!r} has characters that the Assisted Service refuses"
        elif not wanted:
            yield f"{word!r} belongs to no option: coreos-installer would take it for the disk"
        wanted = ""
    if wanted:
        yield f"{wanted} has no value"
