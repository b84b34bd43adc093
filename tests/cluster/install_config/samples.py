"""Install-configs as people have them: the shapes of public examples, and what becomes of them in years."""

import textwrap

from tests.fakes.tls import Authority

OURS, THEIRS, OTHERS = (Authority(name).pem for name in ("Mirror CA", "Corporate CA", "Another CA"))
SECRET = "aHVzaDpodXNoLWh1c2g="  # hush:hush-hush
PULL_SECRET = f"""'{{"auths":{{"quay.io":{{"auth":"{SECRET}"}}}}}}'"""

HEAD = """\
apiVersion: v1
baseDomain: example.com
metadata:
  name: lab
"""
BARE_METAL = (
    HEAD
    + f"""\
networking:
  machineNetwork:
  - cidr: 192.168.111.0/24
  networkType: OVNKubernetes
compute:
- name: worker
  replicas: 2
controlPlane:
  name: master
  replicas: 3
  platform:
    baremetal: {{}}
platform:
  baremetal:
    apiVIPs:
    - 192.168.111.5
    ingressVIPs: [192.168.111.4]
    hosts:
    - name: openshift-master-0
      role: master
      bmc:
        address: ipmi://192.168.111.1:6230
        username: admin
        password: do-not-show-this   # of the BMC
      bootMACAddress: 00:5c:52:31:3a:9c
pullSecret: {PULL_SECRET}
sshKey: 'ssh-ed25519 AAAA user@example.com'
"""
)
NONE = HEAD + f"platform:\n  none: {{}}\npullSecret: {PULL_SECRET}\n"
WITHOUT_SECRET = HEAD + "platform:\n  none: {}\n"


def literal(key, *pems, indent=2):
    return f"{key}: |\n" + textwrap.indent("".join(pems), " " * indent)


DOCUMENTED = """\
imageContentSources:
- mirrors:
  - registry.example.com:5000/ocp4/openshift4
  source: quay.io/openshift-release-dev/ocp-release
- mirrors:
  - registry.example.com:5000/ocp4/openshift4
  source: quay.io/openshift-release-dev/ocp-v4.0-art-dev
"""
DIGEST = DOCUMENTED.replace("imageContentSources", "imageDigestSources")
OWN = """\
imageDigestSources:
  # the team's own images
  - source: quay.io/team/app   # built nightly
    mirrors:
      - mirror.example.com/team/app
    sourcePolicy: NeverContactSource
"""
JSON = (
    '{"apiVersion": "v1", "baseDomain": "example.com", "metadata": {"name": "lab"},\n'
    ' "platform": {"none": {}}, "imageContentSources": [{"source": "quay.io/team/app"}]}\n'
)

FILES = {
    "bare-metal": BARE_METAL,
    "none": NONE,
    "no-pull-secret": WITHOUT_SECRET,
    "empty-pull-secret": WITHOUT_SECRET + "pullSecret: ''\nsshKey: x\n",
    "null-pull-secret-with-a-comment": WITHOUT_SECRET + "pullSecret: # from the portal\nsshKey: x\n",
    "double-quoted": WITHOUT_SECRET + 'pullSecret: "{\\"auths\\": {\\"a.io\\": {\\"auth\\": \\"YTpi\\"}}}"\n',
    "unquoted-pull-secret": WITHOUT_SECRET + 'pullSecret: {"auths": {"a.io": {"auth": "YTpi"}}}\nsshKey: x\n',
    "block-pull-secret": WITHOUT_SECRET
    + 'pullSecret: |\n  {"auths":\n    {"a.io": {"auth": "YTpi"}}}\nsshKey: x\n',
    "folded-pull-secret": WITHOUT_SECRET
    + 'pullSecret: >-\n  {"auths":\n  {"a.io": {"auth": "YTpi"}}}\n\nsshKey: x\n',
    "pull-secret-over-several-lines": WITHOUT_SECRET
    + """pullSecret: '{\n    "auths": {\n      "a.io": {"auth": "YTpi"}\n  }\n}'   # of old\nfips: false\n""",
    "blanks-behind": (NONE + DIGEST).replace(":\n", ": \n").replace("Sources: ", "Sources:    # of ours "),
    "whole-registries": NONE + "imageDigestSources:\n- source: quay.io\n  mirrors: [m.example.com/quay]\n",
    "windows": BARE_METAL.replace("\n", "\r\n"),
    "windows-with-all-keys": (NONE + literal("additionalTrustBundle", THEIRS) + OWN).replace("\n", "\r\n"),
    "windows-without-a-last-line-end": (NONE + DIGEST).replace("\n", "\r\n").rstrip(),
    "byte-order-mark": "\ufeff" + NONE,
    "no-last-line-end": NONE.rstrip() + "   # the end",
    "a-text-without-a-last-line-end": NONE + "sshKey: |\n  ssh-ed25519 AAAA",
    "document-marks": f"---\n{NONE}...\n",
    "comments": f"# ours\n\n{BARE_METAL}\n# a sample:\n# additionalTrustBundle: |\n#   …\n\n",
    "documented": NONE + DOCUMENTED,
    "documented-digest": DIGEST + NONE,
    "both-sections": NONE + DOCUMENTED + "# between\n" + OWN,
    "both-sections-and-comments": NONE
    + OWN
    + DOCUMENTED.replace("- mirrors", "# old\n- mirrors", 1)
    + "fips: true\n",
    "own-mirrors": NONE + OWN + "# behind\nfips: false\n",
    "flow-section": NONE
    + "imageDigestSources: [{source: quay.io/a/b, mirrors: [m.example.com/a/b]}] # short\n",
    "empty-section": NONE + "imageDigestSources: []\nimageContentSources:\n",
    "section-without-mirrors": NONE
    + "imageDigestSources:\n- source: quay.io/openshift-release-dev/ocp-release\n",
    "twice-the-same-source": NONE + DIGEST + DIGEST.partition("\n")[2],
    "bundle": NONE + literal("additionalTrustBundle", THEIRS) + "fips: true\n",
    "several-bundles": NONE + literal("additionalTrustBundle", THEIRS, OTHERS, THEIRS, indent=4),
    "bundle-with-comments": NONE
    + literal("additionalTrustBundle", "# proxy\n", THEIRS, "\n# other\n", OTHERS, "\n# end\n")
    + "additionalTrustBundlePolicy: Proxyonly # why not\n",
    "bundle-with-ours-and-blank-lines": NONE
    + literal("additionalTrustBundle", OURS).replace("|", "|+ # kept")
    + "\n\nfips: true\n",
    "json": JSON,
    "anchors-elsewhere": NONE + "x: &a {k: [1]}\ny: *a\n",
    "indented": textwrap.indent(NONE + DIGEST, "  "),
    "quoted-keys": (NONE + DIGEST)
    .replace("imageDigestSources", '"imageDigestSources"')
    .replace("pullSecret", "'pullSecret'"),
    "tags-and-explicit-keys": WITHOUT_SECRET + f"pullSecret: !!str {PULL_SECRET}\n? sshKey\n: x\n",
    "unicode": NONE + "note: 現場の設定 \U0001f600\n" + OWN,
}
