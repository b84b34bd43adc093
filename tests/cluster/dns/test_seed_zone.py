"""H29: the zones of the document that people follow are refused, line by line where they are wrong."""

import re
import subprocess

import pytest

from tests.cluster.seed_blocks import SEEDS, needs_seeds

HEAD = "$TTL 300\n@ IN SOA ns admin 1 3600 600 86400 300\n@ IN NS ns\nns IN A 192.0.2.53\n"
RECORD = re.compile(r"^(\S+\.example\.krnl\.es\.)\s+IN A (\S+)$", re.MULTILINE)


def refused(records, tmp_path):
    """What named-checkzone says of a zone of these; empty when it loads."""
    zone = tmp_path / "zone"
    zone.write_text(HEAD + "".join(f"{record}\n" for record in records))
    argv = ["named-checkzone", "-k", "fail", "example.krnl.es", str(zone)]
    done = subprocess.run(argv, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


@needs_seeds
@pytest.mark.parametrize("number", range(14))
def test_h29_a_wildcard_in_backticks_and_an_ipv6_address_in_an_a_record_are_refused(number, tmp_path):
    text = (SEEDS / "002_11ab9f7307fa56aa.txt").read_text(encoding="utf-8")
    found = RECORD.findall(text)
    assert len(found) == 14
    owner, address = found[number]
    is_wrong = "`" in owner or ":" in address
    said = refused([f"{owner} IN A {address}"], tmp_path)
    assert bool(said) == is_wrong
    if "`" in owner:
        assert "bad owner name" in said
    elif is_wrong:
        assert "bad dotted quad" in said
    kind = "AAAA" if ":" in address else "A"
    assert refused([f"{owner.replace('`', '')} IN {kind} {address}"], tmp_path) == ""
