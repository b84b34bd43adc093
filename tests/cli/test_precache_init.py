"""``precache init``."""

from typer.testing import CliRunner

from bootstrap.cli.main import app
from bootstrap.precache.example import EXAMPLE


def test_a_commented_site_is_written_and_the_next_step_named(tmp_path):
    path = tmp_path / "sites/edge.yaml"
    done = CliRunner().invoke(app, ["precache", "init", str(path)])
    assert done.exit_code == 0, done.output
    assert path.read_text() == EXAMPLE
    assert f"bootstrap-registry precache instance --site {path} -i INVENTORY" in done.output
    assert CliRunner().invoke(app, ["precache", "init", str(path)]).exit_code == 2
