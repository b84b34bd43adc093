"""The installer of a mirrored release, as ``oc adm release extract`` gives it.

Source: openshift/oc, ``pkg/cli/admin/release/extract_tools.go`` (``extractCommand``, ``copyAndReplace``).
"""

from __future__ import annotations
