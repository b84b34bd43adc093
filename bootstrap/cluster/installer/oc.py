"""Letting ``oc`` extract a program: through the mirror, with its trust and credentials."""

from __future__ import annotations

import json
import os
from pathlib import Path

from bootstrap import process
from bootstrap.cluster.given import Given
from bootstrap.cluster.installer.programs import Program
from bootstrap.cluster.mirror_sets import image_digest_mirror_sets, to_yaml
from bootstrap.cluster.trust import trust_bundle
from bootstrap.credentials import files
from bootstrap.errors import TransferError, VerificationError
from bootstrap.oci.platform import Platform

_SECONDS = 3600.0
_LEFT = "Unable to make all expected replacements"  # extract_tools.go, copyAndReplace: to oc only a warning
_KEPT = ("PATH", "HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "TMPDIR")


class Oc:
    """One ``oc``, and a private directory with what it needs.

    Args:
        program: Its path.
        directory: Private; what oc writes comes here, too.
        given: Of the site.
    """

    def __init__(self, program: str, directory: Path, given: Given) -> None:
        self._program, self._directory = program, directory
        self._auth, self._mirrors, self._ca = (
            directory / name for name in ("auth.json", "idms.yaml", "ca.pem")
        )
        files.replace(self._auth, json.dumps({"auths": dict(given.auths)}).encode())
        files.replace(self._mirrors, to_yaml(image_digest_mirror_sets(given.mirrors)).encode())
        files.replace(self._ca, trust_bundle(given.trust).encode())

    def extract(self, release: str, program: Program, platform: Platform, architecture: str) -> Path:
        """Extract a program of the release image ``release`` (by digest, as clusters name it).

        Args:
            release: The release image.
            program: Which.
            platform: Where it is to run.
            architecture: Which image is taken where there is one for each.

        Raises:
            TransferError: oc failed; its words are told.
            VerificationError: It did not tell the program its release.
        """
        argv = [self._program, "adm", "release", "extract", release]
        argv += [f"--command={program.name}", f"--command-os={platform.os}/{platform.architecture}"]
        argv += [f"--filter-by-os=^linux/{architecture}(/.*)?$", f"--to={self._directory}"]
        argv += [f"--registry-config={self._auth}", f"--idms-file={self._mirrors}"]
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        env = {**kept, "HOME": str(self._directory), "LC_ALL": "C.UTF-8", "SSL_CERT_FILE": str(self._ca)}
        done = process.run(argv, timeout_seconds=_SECONDS, env=env, cwd=str(self._directory), check=False)
        path = self._directory / program.name
        if done.returncode != 0 or not path.is_file():
            raise TransferError(
                f"oc could not extract {program.name} from {release}",
                why=(done.stderr or done.stdout).strip()[-1000:] or f"it ended with {done.returncode}",
                fix="mend that; or take oc off the PATH, and the program is extracted without it",
            )
        if _LEFT in done.stderr:
            raise VerificationError(
                f"oc did not tell {program.name} which release it installs",
                why=done.stderr.strip()[-500:],
                fix="see that this is the installer of an OpenShift release; nothing was written",
            )
        return path
