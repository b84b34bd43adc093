"""The two stages in which a node loads images: while it is discovered, and while it installs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bootstrap.precache.spec import LABEL

SCRIPT = Path(__file__).with_name("extract-images.sh")
# What udev writes into /dev/disk/by-partlabel as it is, and neither systemd nor coreos-installer's globs read
# in their own way. Source: libblkid, `blkid_encode_string`; GPT has room for 36 characters.
_LABEL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:=@+#-]{0,35}")


@dataclass(frozen=True)
class Stage:
    """One of them.

    Attributes:
        name: For people.
        list: ``ai`` or ``ocp``, of whose list the images are loaded.
        unit: Name of the service.
        before: Units that have to wait for it, and start however it ends.
        wanted_by: Units that start it.
        minutes: After which it is stopped.
    """

    name: str
    list: str
    unit: str
    before: str
    wanted_by: str
    minutes: int

    @property
    def script(self) -> str:
        """Path of the script on the node."""
        return f"/usr/local/bin/extract-{self.list}.sh"


# Names are those that existing sites have, so that merging replaces theirs.
DISCOVERY = Stage(
    "discovery", "ai", "precache-images.service", "agent.service", "multi-user.target agent.service", 20
)
INSTALL = Stage(
    "install",
    "ocp",
    "precache-ocp-images.service",
    "machine-config-daemon-pull.service nodeip-configuration.service",
    "multi-user.target",
    40,
)
STAGES = (DISCOVERY, INSTALL)


def partition_label(text: str) -> str:
    """Return ``text`` when a partition that nodes look for can have that name.

    Raises:
        ValueError: It cannot.
    """
    if not _LABEL.fullmatch(text):
        raise ValueError(
            f"{text!r} is no name for the partition: 1 to 36 of A-Z a-z 0-9 _ . : = @ + # -,"
            " with a letter, a digit or _ first"
        )
    return text


def unit_of(stage: Stage, label: str = LABEL) -> str:
    """Return the service as systemd reads it.

    The script mounts the partition itself, for as long as it needs it: a mount unit that fails would keep
    the service from starting and so from saying why, and one that stays would keep coreos-installer from a
    disk that is in use. Others wait for it (``Before=``) and do not need it: a node without the disk installs
    from the registry.
    """
    done = f"/var/lib/precache-images/{stage.list}.done"
    return f"""\
[Unit]
Description=Load pre-cached images of the {stage.name} stage
Before={stage.before}
RequiresMountsFor=/var/lib/containers /var/tmp
ConditionPathExists=!{done}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/bash {stage.script} {stage.list} {label}
ExecStartPost=/usr/bin/install -D -m 0644 /dev/null {done}
ExecStopPost=-/usr/bin/bash {stage.script} --clean {stage.list}
TimeoutStartSec={stage.minutes}min
TimeoutStopSec=60

[Install]
WantedBy={stage.wanted_by}
"""
