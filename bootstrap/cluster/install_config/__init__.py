"""A user's ``install-config.yaml``: read, changed in places, judged, and written without losing anything.

Source: openshift/installer, ``pkg/types/installconfig.go`` and ``pkg/types/validation/installconfig.go``.
"""

from __future__ import annotations
