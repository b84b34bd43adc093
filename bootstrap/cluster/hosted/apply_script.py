"""``apply.sh``: applies one directory after the other, and waits for what the next one needs.

Server-side, so that a second time changes nothing and other people's fields stay. What a name could hide
from a shell is not in it: names were read as DNS names.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bootstrap.cluster.hosted.machines import INFRA_ENV_LABEL
from bootstrap.cluster.hosted.spec import HostedCluster

_TEMPLATE = Path(__file__).with_name("apply.sh.j2")
SCALE_MANAGER = "bootstrap-registry-scale"


def script(spec: HostedCluster, stages: Sequence[str]) -> str:
    """Return the script for these directories."""
    # Nothing here is HTML: what goes in are names that were checked.
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)  # noqa: S701
    return environment.from_string(_TEMPLATE.read_text("utf-8")).render(
        script="./apply.sh",
        name=spec.name,
        namespace=spec.namespace,
        plane=spec.control_plane_namespace,
        namespaces=" ".join(
            f"namespace/{each}" for each in dict.fromkeys((spec.namespace, spec.control_plane_namespace))
        ),
        label=INFRA_ENV_LABEL,
        replicas=spec.replicas,
        scale_manager=SCALE_MANAGER,
        stages=stages,
    )
