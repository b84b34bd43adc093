"""What runs on hosts runs on their own Python, which is 3.9 on EL 9."""

import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.shipped import shipped

MODULES = sorted(shipped("roles").glob("*/library/*.py"))
SCRIPTS = sorted(shipped("roles").glob("*/files/*.py"))


def test_modules_need_no_python_newer_than_39():
    vermin = Path(sys.executable).with_name("vermin")
    done = subprocess.run(
        [vermin, "--target=3.9-", "--violations", "--no-tips", *map(str, MODULES + SCRIPTS)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_modules_document_themselves(module):
    text = module.read_text()
    assert [word for word in ("DOCUMENTATION", "EXAMPLES", "RETURN") if f'{word} = r"""' not in text] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_modules_import_nothing_of_ours(module):
    assert "bootstrap." not in "".join(
        line for line in module.read_text().splitlines() if line.startswith(("import ", "from "))
    )
