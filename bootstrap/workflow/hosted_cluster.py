"""What a hosted cluster has that must be random, and must stay: made once, kept in the site's state."""

from __future__ import annotations

import base64
import os
from pathlib import Path

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.spec import HostedCluster
from bootstrap.credentials import files
from bootstrap.errors import ConfigError
from bootstrap.site.state import State


def etcd_key(state: State, spec: HostedCluster) -> bytes:
    """Return the key that encrypts the Secrets in the cluster's etcd: the user's, the one kept, or a new one.

    Raises:
        ConfigError: What is kept is no key, or another one than the user gives now.
        HostError: The state cannot be read or written.
    """
    state.create()
    path = state.directory / "hosted-clusters" / spec.namespace / spec.name / "etcd-key"
    given = spec.control_plane.etcd_key
    with files.locked(path.parent):
        content = files.read(path)
        if content is None:
            key = given or os.urandom(values.ETCD_KEY_BYTES)
            state.write(path, base64.b64encode(key) + b"\n")
            return key
        kept = _kept(path, content)
    if given is not None and given != kept:
        raise ConfigError(
            f"cannot use the etcd key that is given for {spec.name}",
            why=f"the cluster was rendered with another one, which is in {path}",
            fix="leave out controlPlane.etcd.keyFile; to rotate keys see HyperShift's aescbc.backupKey",
        )
    return kept


def _kept(path: Path, content: bytes) -> bytes:
    try:
        return values.encoded_etcd_key(content.decode("ascii"))
    except ValueError as error:
        raise ConfigError(
            f"cannot use the etcd key in {path}",
            why=str(error),
            fix="restore it from a backup of the state; a cluster that is not made yet may have a new one",
        ) from error
