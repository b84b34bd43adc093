"""The ``--help`` of every command at one width, as README prints it: ``python -m bootstrap.cli.helptext``.

Without an argument it prints; with the path of a README it replaces what stands between the two marks there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from typer.testing import CliRunner

from bootstrap.cli.main import app

WIDTH = 100
BEGIN, END = "<!-- help: begin -->\n", "<!-- help: end -->\n"
_NAME = "bootstrap-registry"


def commands() -> list[str]:
    """Return every command, as it is typed after the program's name; the program itself is ""."""
    found = [""]
    for group, prefix in [
        (app, ""),
        *((info.typer_instance, f"{info.name} ") for info in app.registered_groups),
    ]:
        if group is None:
            continue
        found += [prefix.strip()] if prefix else []
        for command in group.registered_commands:
            assert command.callback is not None
            found.append(prefix + (command.name or command.callback.__name__))
    return found


def help_text() -> str:
    """Return the help of the program and of each command, in Markdown."""
    blocks = []
    for command in commands():
        words = [*command.split(), "--help"]
        done = CliRunner().invoke(app, words, prog_name=_NAME, env={"COLUMNS": str(WIDTH)})
        text = "\n".join(line.rstrip() for line in done.output.strip().splitlines())
        blocks.append(f"```console\n$ {_NAME} {' '.join(words)}\n{text}\n```\n")
    return "\n".join(blocks)


def replaced(readme: str) -> str:
    """Return ``readme`` with the present help between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{help_text()}\n{END}{after}"


def main() -> None:
    """Print the help, or put it into the file that is named."""
    if len(sys.argv) > 1:
        readme = Path(sys.argv[1])
        readme.write_text(replaced(readme.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        sys.stdout.write(help_text())


if __name__ == "__main__":
    main()
