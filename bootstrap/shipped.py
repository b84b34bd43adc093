"""Finds what is shipped beside the code: roles and playbooks, installed from a wheel or editable."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Return the directory ``roles`` or ``playbooks``.

    A wheel carries them in ``bootstrap/_shipped``; in a clone they stand at the top level (Hatch's
    force-include does not apply to editable installs, hence this one function).

    Raises:
        FileNotFoundError: The installation is broken: neither place has it.
    """
    for candidate in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name}/ is neither in {_PACKAGE / '_shipped'} nor in {_PACKAGE.parent}")
