"""What real tools were heard to say; host names and paths are neutral."""
# ruff: noqa: E501  # their words

# oc-mirror v2 of August 2024: an image is missing at its source, and the exit code is 0.
MISSING_IMAGE = """\
2026/11/21 02:20:16  [INFO]   : 👋 Hello, welcome to oc-mirror
2026/11/21 02:20:16  [INFO]   : 🔀 workflow mode: mirrorToMirror
2026/11/21 02:20:17  [INFO]   : 🚀 Start copying the images...
2026/11/21 02:20:17  [INFO]   : images to copy 4
2026/11/21 02:20:17  [INFO]   : Mirroring is ongoing. No errors.
2026/11/21 02:20:17  [INFO]   : === Results ===
2026/11/21 02:20:17  [INFO]   : ✅ 3 / 3 release images mirrored successfully
2026/11/21 02:20:17  [INFO]   : ❌ 0 / 1 addtional images mirrored: Some additional images failed to mirror - please check the logs
2026/11/21 02:20:17  [ERROR]  : [Worker] error mirroring image {image} error: initializing source docker://{image}: reading manifest v1 in {name}: manifest unknown
2026/11/21 02:20:17  [WARN]   : [Worker] some errors occurred during the mirroring.
\t Please review /mirror/working-dir/logs/mirroring_errors_20261121_022017.txt for a list of mirroring errors.
\t You may consider:
\t * removing images or operators that cause the error from the image set config, and retrying
2026/11/21 02:20:17  [INFO]   : 👋 Goodbye, thank you for using oc-mirror
"""

# The same, of a destination that goes away.
DESTINATION_DOWN = """\
2026/11/21 02:20:18  [INFO]   : 🚀 Start copying the images...
2026/11/21 02:20:18  [INFO]   : images to copy 32
2026/11/21 02:20:20  [INFO]   : 👋 Goodbye, thank you for using oc-mirror
2026/11/21 02:20:20  [ERROR]  : trying to reuse blob sha256:0304e069d3db19e6ac9987866cd24fa6f801582de9a387d39c5ab546b3f5e8e0 at destination: pinging container registry 127.0.0.1:5999: Get "http://127.0.0.1:5999/v2/": dial tcp 127.0.0.1:5999: connect: connection refused
"""

# oc-mirror v2 at 855b64a, not on a terminal; colours as its logger writes them.
COLOURED = """\
2026/11/21 11:10:27 \x1b[1;94m [INFO] \x1b[0m  : 📌 images to copy 3
2026/11/21 11:10:28 \x1b[1;94m [INFO] \x1b[0m  : Success copying quay.io/a/b@sha256:87b1 ➡️ 127.0.0.1:55039/openshift/
2026/11/21 11:10:28 \x1b[1;91m [ERROR] \x1b[0m : Failed to copy generic quay.io/a/c:1
2026/11/21 11:10:28 \x1b[1;91m [ERROR] \x1b[0m : [Executor] collection error: no signature found
"""

OC_SUCCESS = """\
Command "mirror" is deprecated, and will be removed in the future (6.0). Use oc-mirror instead.
info: Mirroring 31 images to registry.example:5000/a/b ...
sha256:b016b54ff44c30d90fecac7aa1d61dab9fa8c7d6b5f7a77ee3a89a8a55dbf27a registry.example:5000/a/b:4.99.1-x86_64-pod
info: Mirroring completed in 12.08s (11.59MB/s)

Success
Update image:  registry.example:5000/a/b:4.99.1-x86_64
Mirror prefix: registry.example:5000/a/b

To use the new mirrored repository to install, add the following section to the install-config.yaml:

imageContentSources:
- mirrors:
  - registry.example:5000/a/b
  source: quay.example:5001/openshift-release-dev/ocp-release
- mirrors:
  - registry.example:5000/a/b
  source: quay.example:5001/openshift-release-dev/ocp-v4.0-art-dev


To use the new mirrored repository for upgrades, use the following to create an ImageContentSourcePolicy:

apiVersion: operator.openshift.io/v1alpha1
kind: ImageContentSourcePolicy
metadata:
  name: example
spec:
  repositoryDigestMirrors:
  - mirrors:
    - registry.example:5000/a/b
    source: quay.example:5001/openshift-release-dev/ocp-release
  - mirrors:
    - registry.example:5000/a/b
    source: quay.example:5001/openshift-release-dev/ocp-v4.0-art-dev
"""
# --print-mirror-instructions=idms says the same in these words (printIDMSInstructions).
OC_SUCCESS_IDMS = (
    OC_SUCCESS.replace("imageContentSources", "imageDigestSources")
    .replace("ImageContentSourcePolicy", "ImageDigestMirrorSet")
    .replace("operator.openshift.io/v1alpha1", "config.openshift.io/v1")
    .replace("repositoryDigestMirrors", "imageDigestMirrors")
)
OC_MISSING = """\
Command "mirror" is deprecated, and will be removed in the future (6.0). Use oc-mirror instead.
error: unable to retrieve release image info: image "quay.example:5001/openshift-release-dev/ocp-release:9.9.9" not found: manifest unknown: manifest unknown
"""
