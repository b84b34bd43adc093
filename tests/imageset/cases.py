"""The table: image sets, valid and not, with what they come to."""

from __future__ import annotations

from tests.imageset.case import Case

INDEX = "registry.redhat.io/redhat/redhat-operator-index:v4.18"
DIGEST = "sha256:" + "a" * 64


def channels(*entries: str, more: str = "") -> str:
    """A document with channels, each the inside of a flow mapping."""
    return f"mirror: {{platform: {{channels: [{', '.join(f'{{{each}}}' for each in entries)}]{more}}}}}\n"


def mirror(text: str) -> str:
    return f"mirror: {{{text}}}\n"


ONE_CHANNEL = (
    Case("the head", channels("name: stable-4.20"), releases="4.20.8"),
    Case("the head by an explicit type", channels("name: stable-4.20, type: ocp"), releases="4.20.8"),
    Case(
        "one release",
        channels("name: stable-4.20, minVersion: 4.20.3, maxVersion: 4.20.3"),
        releases="4.20.3",
    ),
    Case(
        "a range",
        channels("name: stable-4.20, minVersion: 4.20.2, maxVersion: 4.20.5"),
        releases="4.20.2 4.20.3 4.20.4 4.20.5",
    ),
    Case(
        "a range over two minors",
        channels("name: stable-4.20, minVersion: 4.19.17, maxVersion: 4.20.1"),
        releases="4.20.0 4.20.1",
    ),
    Case(
        "a range whose ends are no releases",
        channels("name: stable-4.17, minVersion: 4.17.13, maxVersion: 4.17.19"),
        releases="4.17.14 4.17.15 4.17.16 4.17.17 4.17.18",
    ),
    Case("from one on", channels("name: stable-4.20, minVersion: 4.20.8"), releases="4.20.8"),
    Case(
        "up to one: from the oldest",
        channels("name: stable-4.21, maxVersion: 4.20.5"),
        releases="4.20.0 4.20.1 4.20.2 4.20.3 4.20.4 4.20.5",
    ),
    Case(
        "all of it",
        channels("name: stable-4.21, full: true"),
        releases="4.20.0 4.20.1 4.20.2 4.20.3 4.20.4 4.20.5 4.20.6 4.20.8 4.21.0",
    ),
    Case(
        "all from one on",
        channels("name: stable-4.21, minVersion: 4.20.6, full: true"),
        releases="4.20.6 4.20.8 4.21.0",
    ),
    Case(
        "all up to one",
        channels("name: stable-4.21, maxVersion: 4.20.3, full: true"),
        releases="4.20.0 4.20.1 4.20.2 4.20.3",
    ),
    Case(
        "full does not widen a range",
        channels("name: stable-4.20, minVersion: 4.20.4, maxVersion: 4.20.5, full: true"),
        releases="4.20.4 4.20.5",
    ),
    Case(
        "a range has releases that only updates with risks lead to",
        channels("name: stable-4.19, minVersion: 4.19.11, maxVersion: 4.19.13"),
        releases="4.19.11 4.19.12 4.19.13",
    ),
    Case(
        "pre-releases are of candidate channels",
        channels("name: candidate-4.21, minVersion: 4.21.0-ec.1, maxVersion: 4.21.0"),
        releases="4.21.0-ec.3 4.21.0-rc.0 4.21.0-rc.1 4.21.0",
    ),
    Case("the head of a candidate channel", channels("name: candidate-4.21"), releases="4.21.1"),
    Case(
        "a release candidate alone",
        channels("name: candidate-4.20, minVersion: 4.20.0-rc.3, maxVersion: 4.20.0-rc.3"),
        releases="4.20.0-rc.3",
    ),
    Case(
        "a pre-release is older than its release",
        channels("name: candidate-4.20, minVersion: 4.20.0-rc.1, maxVersion: 4.20.0"),
        releases="4.20.0-rc.3 4.20.0",
    ),
    Case("fast is ahead of stable", channels("name: fast-4.20"), releases="4.20.9"),
    Case("extended support", channels("name: eus-4.20, minVersion: 4.20.5"), releases="4.20.5 4.20.6 4.20.8"),
    Case(
        "extended support over one minor",
        channels("name: eus-4.18, minVersion: 4.17.25, maxVersion: 4.18.2"),
        releases="4.17.25 4.17.26 4.18.1 4.18.2",
    ),
    Case(
        "extended support over two minors, said",
        channels("name: eus-4.20, minVersion: 4.18.18, maxVersion: 4.20.0"),
        warns="see https://access.redhat.com/labs/ocpupgradegraph/update_path",
        releases="4.18.18 4.18.19 4.19.0 4.19.1 4.19.2 4.19.3 4.19.4 4.19.5 4.19.6 4.19.7 4.19.8 4.19.9 4.19.10 4.19.11 4.19.12 4.19.13 4.20.0",
    ),
    Case(
        "nothing between two releases",
        channels("name: stable-4.17, minVersion: 4.17.13, maxVersion: 4.17.13"),
        fails="has no release from 4.17.13 to 4.17.13",
    ),
    Case(
        "after the newest",
        channels("name: stable-4.20, minVersion: 4.20.90"),
        fails="has no release from 4.20.90 to",
    ),
    Case("a channel that there is not", channels("name: stable-4.12"), fails="knows no release in it"),
    Case("a misspelt kind of channel", channels("name: stabel-4.20"), fails="knows no release in it"),
)

SHORTEST = (
    Case(
        "the shortest path within a minor",
        channels("name: stable-4.18, minVersion: 4.18.1, maxVersion: 4.18.19, shortestPath: true"),
        releases="4.18.1 4.18.13 4.18.19",
    ),
    Case(
        "the shortest path to the next minor",
        channels("name: stable-4.19, minVersion: 4.18.2, maxVersion: 4.19.13, shortestPath: true"),
        releases="4.18.2 4.18.14 4.19.13",
    ),
    Case(
        "the shortest path over two minors",
        channels("name: eus-4.20, minVersion: 4.18.3, maxVersion: 4.20.5, shortestPath: true"),
        warns="spans two minors",
        releases="4.18.3 4.18.15 4.19.11 4.20.5",
    ),
    Case(
        "the shortest path around an update with risks",
        channels("name: stable-4.20, minVersion: 4.19.6, maxVersion: 4.20.3, shortestPath: true"),
        releases="4.19.6 4.20.2 4.20.3",
    ),
    Case(
        "no path but by an update with risks: the two ends",
        channels("name: stable-4.19, minVersion: 4.19.3, maxVersion: 4.19.12, shortestPath: true"),
        warns="has no update path from 4.19.3 to 4.19.12",
        releases="4.19.3 4.19.12",
    ),
    Case(
        "no path back: the two ends",
        channels("name: stable-4.20, minVersion: 4.19.12, maxVersion: 4.20.0, shortestPath: true"),
        warns="has no update path from 4.19.12 to 4.20.0",
        releases="4.19.12 4.20.0",
    ),
    Case(
        "the shortest path to the newest",
        channels("name: stable-4.20, minVersion: 4.19.3, shortestPath: true"),
        releases="4.19.3 4.20.8",
    ),
    Case(
        "the shortest path of the head alone",
        channels("name: stable-4.20, shortestPath: true"),
        releases="4.20.8",
    ),
    Case(
        "the shortest path through all of a channel",
        channels("name: stable-4.21, full: true, shortestPath: true"),
        releases="4.20.0 4.20.8 4.21.0",
    ),
    Case(
        "the shortest path from the oldest",
        channels("name: stable-4.21, maxVersion: 4.21.0, shortestPath: true"),
        releases="4.20.0 4.20.8 4.21.0",
    ),
    Case(
        "a path from what is no release",
        channels("name: stable-4.17, minVersion: 4.17.13, maxVersion: 4.17.20, shortestPath: true"),
        fails="no release 4.17.13 in channel stable-4.17",
    ),
    Case(
        "a path to what is no release",
        channels("name: stable-4.17, minVersion: 4.17.12, maxVersion: 4.17.19, shortestPath: true"),
        fails="no release 4.17.19 in channel stable-4.17",
    ),
)

SEVERAL = (
    Case(
        "the heads of two channels and the way between",
        channels("name: stable-4.19", "name: stable-4.20"),
        releases="4.19.13 4.20.8",
    ),
    Case(
        "their order does not matter",
        channels("name: stable-4.20", "name: stable-4.19"),
        releases="4.19.13 4.20.8",
    ),
    Case(
        "a channel in between that is not named",
        channels(
            "name: stable-4.18, minVersion: 4.18.10, maxVersion: 4.18.10",
            "name: stable-4.20, minVersion: 4.20.8, maxVersion: 4.20.8",
        ),
        releases="4.18.10 4.18.20 4.19.13 4.20.8",
    ),
    Case(
        "three minors with ranges",
        channels(
            "name: stable-4.18, minVersion: 4.18.18",
            "name: stable-4.19, minVersion: 4.19.12",
            "name: stable-4.20, minVersion: 4.20.6",
        ),
        releases="4.18.18 4.18.19 4.18.20 4.19.12 4.19.13 4.20.6 4.20.8",
    ),
    Case(
        "all of the way from 4.17 to 4.21",
        channels(
            "name: stable-4.17, minVersion: 4.17.9, maxVersion: 4.17.9",
            "name: stable-4.21, minVersion: 4.21.0, maxVersion: 4.21.0",
        ),
        releases="4.17.9 4.17.21 4.17.26 4.18.20 4.19.13 4.20.8 4.21.0",
    ),
    Case(
        "stable and fast of one minor",
        channels(
            "name: stable-4.20, minVersion: 4.20.1, maxVersion: 4.20.1",
            "name: fast-4.20, minVersion: 4.20.9, maxVersion: 4.20.9",
        ),
        releases="4.20.1 4.20.9",
    ),
    Case(
        "the start is not in the second channel",
        channels(
            "name: candidate-4.20, minVersion: 4.20.0-rc.3, maxVersion: 4.20.0-rc.3",
            "name: stable-4.20, minVersion: 4.20.5, maxVersion: 4.20.5",
        ),
        warns="no update path from 4.20.0-rc.3 in channel stable-4.20",
        releases="4.20.0-rc.3 4.20.5",
    ),
    Case(
        "from stable to extended support",
        channels(
            "name: stable-4.18, minVersion: 4.18.20, maxVersion: 4.18.20",
            "name: eus-4.20, minVersion: 4.20.4, maxVersion: 4.20.4",
        ),
        warns="from 4.19.13 to 4.20.4: there is a gap",
        releases="4.18.20 4.19.13 4.20.4",
    ),
    Case(
        "no channel in between of that kind",
        channels("name: eus-4.18, minVersion: 4.18.18", "name: eus-4.20, minVersion: 4.20.4"),
        fails="channel eus-4.19 cannot be mirrored",
    ),
    Case(
        "shortest paths and the way between",
        channels(
            "name: stable-4.19, minVersion: 4.19.3, maxVersion: 4.19.13, shortestPath: true",
            "name: stable-4.20, minVersion: 4.20.2, maxVersion: 4.20.8, shortestPath: true",
        ),
        releases="4.19.3 4.19.13 4.20.2 4.20.8",
    ),
    Case(
        "the oldest is of the newer channel",
        channels(
            "name: stable-4.20, minVersion: 4.19.5, maxVersion: 4.19.6",
            "name: stable-4.19, minVersion: 4.19.10, maxVersion: 4.19.10",
        ),
        fails="no update path from channel stable-4.20 to stable-4.19",
    ),
    Case(
        "one good channel and one that there is not",
        channels("name: stable-4.20", "name: stable-4.12"),
        fails="channel stable-4.12 cannot be mirrored",
    ),
    Case(
        "one good channel and one with nothing in its range",
        channels("name: stable-4.20", "name: stable-4.17, minVersion: 4.17.13, maxVersion: 4.17.13"),
        fails="has no release from 4.17.13",
    ),
    Case(
        "a channel between two others with nothing in its range",
        channels(
            "name: stable-4.18, minVersion: 4.18.10, maxVersion: 4.18.10",
            "name: stable-4.19, minVersion: 4.19.14, maxVersion: 4.19.14",
            "name: stable-4.20, minVersion: 4.20.8, maxVersion: 4.20.8",
        ),
        fails="has no release from 4.19.14 to 4.19.14",
        differs="the channel is left out without a word",
    ),
    Case(
        "the start of the way is no release",
        channels(
            "name: stable-4.17, minVersion: 4.17.13, maxVersion: 4.17.15",
            "name: stable-4.18, minVersion: 4.18.18",
        ),
        fails="no release 4.17.13 in channel stable-4.17",
    ),
)

ARCHITECTURES = (
    Case(
        "another architecture",
        channels(
            "name: stable-4.20, minVersion: 4.20.3, maxVersion: 4.20.5", more=", architectures: [arm64]"
        ),
        releases="4.20.3/arm64 4.20.5/arm64",
    ),
    Case(
        "two architectures are releases of their own",
        channels(
            "name: stable-4.20, minVersion: 4.20.4, maxVersion: 4.20.5",
            more=", architectures: [amd64, arm64]",
        ),
        releases="4.20.4 4.20.5 4.20.5/arm64",
    ),
    Case(
        "multi",
        channels(
            "name: stable-4.20, minVersion: 4.20.8, maxVersion: 4.20.10", more=", architectures: [multi]"
        ),
        releases="4.20.8/multi",
    ),
    Case(
        "multi beside a single one",
        channels("name: stable-4.21", more=", architectures: [amd64, multi]"),
        releases="4.21.0 4.21.0/multi",
    ),
    Case(
        "an architecture without that channel",
        channels("name: stable-4.21", more=", architectures: [s390x]"),
        fails="no release in it for this architecture",
    ),
    Case(
        "a way for each architecture",
        channels(
            "name: stable-4.19, minVersion: 4.19.4, maxVersion: 4.19.4",
            "name: stable-4.20, minVersion: 4.20.8, maxVersion: 4.20.8",
            more=", architectures: [amd64, s390x]",
        ),
        releases="4.19.4 4.19.13 4.20.8 4.19.4/s390x 4.19.13/s390x 4.20.8/s390x",
    ),
    Case(
        "platforms are taken out of multi",
        channels("name: stable-4.20", more=", platforms: [{os: linux, architecture: arm64}]"),
        releases="4.20.8/multi",
    ),
    Case(
        "every architecture that there is",
        channels("name: stable-4.20", more=", architectures: [amd64, arm64, ppc64le, s390x, multi]"),
        fails="no release in it for this architecture",
        differs="the bounds found for the first architecture are for all, and one that has no release between them is left out without a word",
    ),
)

OTHER = (
    Case(
        "a release by its tag",
        mirror("platform: {release: 'quay.io/openshift-release-dev/ocp-release:4.20.5-x86_64'}"),
    ),
    Case(
        "a release by its digest",
        mirror(f"platform: {{release: 'quay.io/openshift-release-dev/ocp-release@{DIGEST}'}}"),
    ),
    Case("graph data alone", mirror("platform: {graph: true}")),
    Case(
        "with graph data and disk image",
        channels("name: stable-4.20", more=", graph: true, kubeVirtContainer: true"),
        releases="4.20.8",
    ),
    Case(
        "single images",
        mirror(
            f"additionalImages: [{{name: 'quay.io/team/app:v1'}}, {{name: 'quay.io/team/b@{DIGEST}'}}, {{name: 'docker://quay.io/team/c:v1@{DIGEST}'}}]"
        ),
        images=f"team/app:v1 team/b:sha256-{'a' * 64} team/c:v1",
    ),
    Case(
        "single images elsewhere",
        mirror(
            "additionalImages: [{name: 'quay.io/team/app:v1', targetRepo: mine/app}, {name: 'quay.io/team/b:v1', targetTag: v2}, {name: 'quay.io/team/c:v1', targetRepo: mine/c, targetTag: v3}]"
        ),
        images="mine/app:v1 team/b:v2 mine/c:v3",
    ),
    Case(
        "an image on disk",
        mirror("additionalImages: [{name: 'oci:///srv/image'}]"),
        refused="is on a disk, and images come from registries here",
        differs="it is mirrored, under the tag latest",
    ),
)

# What the documentation of oc-mirror asks for: README.md, docs/features/filtering.md and archive-management.md,
# docs/image-set-examples, docs/okd-mirror.md, manual_cases.md, docs/dev-investigations.
DOCUMENTED = (
    Case(
        "documented: one release with its graph data",
        channels("name: stable-4.18, minVersion: 4.18.1, maxVersion: 4.18.1", more=", graph: true"),
        releases="4.18.1",
    ),
    Case("documented: the head", channels("name: stable-4.18"), releases="4.18.20"),
    Case(
        "documented: from one on",
        channels("name: stable-4.18, minVersion: 4.18.1"),
        releases="4.18.1 4.18.2 4.18.3 4.18.4 4.18.5 4.18.6 4.18.7 4.18.8 4.18.9 4.18.10 4.18.11 4.18.12 4.18.13 4.18.14 4.18.15 4.18.16 4.18.17 4.18.18 4.18.19 4.18.20",
    ),
    Case(
        "documented: the head with its graph data",
        channels("name: stable-4.18", more=", graph: true"),
        releases="4.18.20",
    ),
    Case(
        "documented: archives of four GiB",
        "archiveSize: 4\n" + channels("name: stable-4.18"),
        releases="4.18.20",
    ),
    Case(
        "documented: OKD",
        channels(
            "name: 4-stable, type: okd, minVersion: 4.18.0-okd-scos.8, maxVersion: 4.18.0-okd-scos.8",
            more=", graph: false",
        ),
        needs="channels of type okd",
    ),
    Case(
        "documented: everything at once",
        f"""\
mirror:
  platform:
    channels: [{{name: stable-4.18, minVersion: 4.18.1, maxVersion: 4.18.1}}]
    graph: true
  operators:
  - catalog: {INDEX}
    packages: [{{name: aws-load-balancer-operator}}, {{name: 3scale-operator}}, {{name: node-observability-operator}}]
  additionalImages:
  - name: registry.redhat.io/ubi9/ubi:latest
  helm:
    repositories:
    - {{name: cosigned, url: 'https://sigstore.github.io/helm-charts', charts: [{{name: cosigned, version: 0.1.23}}]}}
    local: [{{name: my-local-chart, path: /path/to/local/chart}}]
""",
        releases="4.18.1",
        images="ubi9/ubi:latest",
        needs="operators helm",
    ),
    Case("documented: a catalog", mirror(f"operators: [{{catalog: '{INDEX}'}}]"), needs="operators"),
    Case(
        "documented: a whole catalog",
        mirror(f"operators: [{{catalog: '{INDEX}', full: true}}]"),
        needs="operators",
    ),
    Case(
        "documented: the default channel",
        mirror(
            f"operators: [{{catalog: '{INDEX}', packages: [{{name: elasticsearch-operator, defaultChannel: stable-v0, channels: [{{name: stable-v0}}]}}]}}]"
        ),
        needs="operators",
    ),
    Case(
        "documented: versions of a channel",
        mirror(
            f"operators: [{{catalog: '{INDEX}', packages: [{{name: elasticsearch-operator, channels: [{{name: stable, minVersion: 5.6.0}}]}}]}}]"
        ),
        needs="operators",
    ),
    Case(
        "documented: versions of a package",
        mirror(
            f"operators: [{{catalog: '{INDEX}', packages: [{{name: elasticsearch-operator, minVersion: 5.6.0}}]}}]"
        ),
        needs="operators",
    ),
    Case(
        "documented: one channel whole and one by versions",
        mirror(
            f"operators: [{{catalog: '{INDEX}', packages: [{{name: 3scale-operator, channels: [{{name: threescale-2.16}}, {{name: threescale-2.15, minVersion: 0.12.2, maxVersion: 0.12.2}}]}}]}}]"
        ),
        needs="operators",
    ),
    Case(
        "documented: a catalog elsewhere",
        mirror(
            f"operators: [{{catalog: '{INDEX}', targetCatalog: my-namespace/my-operator-index, targetTag: latest}}]"
        ),
        needs="operators",
    ),
    Case(
        "documented: a catalog on disk",
        mirror("operators: [{catalog: 'oci:///path/to/local/catalog'}]"),
        refused="is on a disk, and images come from registries here",
        differs="it is mirrored, under the tag latest",
    ),
    Case(
        "documented: two catalogs and a head",
        channels("name: stable-4.20, type: ocp", more=", graph: true").replace(
            "}}\n",
            "}, operators: [{catalog: 'registry.redhat.io/redhat/community-operator-index:v4.20', packages: [{name: camel-k, channels: [{name: stable}, {name: stable-v2}]}]}, {catalog: 'registry.redhat.io/redhat/certified-operator-index:v4.20', packages: [{name: crunchy-postgres-operator, channels: [{name: v5}]}]}]}\n",
        ),
        needs="operators",
        releases="4.20.8",
    ),
    Case(
        "documented: charts",
        mirror(
            "helm: {repositories: [{name: podinfo, url: 'https://stefanprodan.github.io/podinfo', charts: [{name: podinfo, version: 5.0.0, imagePaths: ['{.spec.template.spec.custom[*].image}']}]}]}"
        ),
        needs="helm",
    ),
    Case(
        "documented: all charts of a repository",
        mirror("helm: {repositories: [{name: podinfo, url: 'https://stefanprodan.github.io/podinfo'}]}"),
        needs="helm",
    ),
    Case(
        "documented: a chart on disk",
        mirror("helm: {local: [{name: my-chart, path: /path/to/local/chart}]}"),
        needs="helm",
    ),
    Case(
        "documented: an image elsewhere",
        mirror(
            "additionalImages: [{name: 'quay.io/example/my-image:v1.0', targetRepo: custom-namespace/my-image, targetTag: custom-tag}]"
        ),
        images="custom-namespace/my-image:custom-tag",
    ),
    Case(
        "documented: blocked images",
        channels("name: stable-4.18").replace(
            "}}\n",
            "}, blockedImages: [{name: '.*blocked-image.*'}, {name: 'registry.example.com/unwanted/.*'}]}\n",
        ),
        releases="4.18.20",
    ),
    Case(
        "documented: every architecture, and no channel",
        mirror("platform: {architectures: [amd64, arm64, ppc64le, s390x, multi]}"),
    ),
    Case(
        "documented: an image without registry",
        mirror("additionalImages: [{name: 'hello-world:latest'}]"),
        refused="does not begin with a registry",
        differs="it is looked for on docker.io",
    ),
)

REFUSED = (
    Case(
        "the same channel twice",
        channels("name: stable-4.20", "name: stable-4.20"),
        refused="stable-4.20 is there more than once",
    ),
    Case(
        "architectures and platforms",
        channels(
            "name: stable-4.20",
            more=", architectures: [amd64], platforms: [{os: linux, architecture: arm64}]",
        ),
        refused="leave architectures out",
    ),
    Case(
        "a catalog twice",
        mirror(f"operators: [{{catalog: '{INDEX}'}}, {{catalog: '{INDEX}'}}]"),
        refused="more than once",
    ),
    Case(
        "a package twice",
        mirror(f"operators: [{{catalog: '{INDEX}', packages: [{{name: a}}, {{name: a}}]}}]"),
        refused="a is there more than once",
    ),
    Case(
        "versions of a package and of its channel",
        mirror(
            f"operators: [{{catalog: '{INDEX}', packages: [{{name: a, minVersion: 1.0.0, channels: [{{name: b, maxVersion: 2.0.0}}]}}]}}]"
        ),
        refused="not both",
    ),
    Case(
        "an operator's version that is none",
        mirror(f"operators: [{{catalog: '{INDEX}', packages: [{{name: a, minVersion: one}}]}}]"),
        refused="not a version",
    ),
    Case(
        "a pattern that is none",
        mirror("platform: {}, blockedImages: [{name: '(a'}]"),
        refused="not a regular expression",
    ),
    Case("a key that there is not", mirror("platform: {chanels: []}"), refused="did you mean channels?"),
    Case(
        "v1 of the format",
        "storageConfig: {local: {path: metadata}}\n" + channels("name: stable-4.20"),
        refused="it is from v1",
    ),
    Case("nothing", "", refused="there is nothing to mirror"),
    Case(
        "an image by neither tag nor digest",
        mirror("additionalImages: [{name: quay.io/team/app}]"),
        refused="neither a tag nor a digest",
    ),
    Case(
        "a version that is none", channels("name: stable-4.20, minVersion: '4.20'"), refused="not a version"
    ),
    Case(
        "a range the wrong way round",
        channels("name: stable-4.20, minVersion: 4.20.5, maxVersion: 4.20.3"),
        refused="older than the minVersion",
    ),
    Case(
        "a release and channels",
        channels("name: stable-4.20", more=", release: 'quay.io/a/b:1'"),
        refused="one or the other",
        differs="the channels are ignored",
    ),
    Case(
        "an architecture that OpenShift has not",
        channels("name: stable-4.20", more=", architectures: [x86_64]"),
        refused="is none of amd64",
    ),
    Case(
        "samples",
        mirror("platform: {}, samples: [{name: a}]"),
        refused="mirrors nothing for it",
        differs="the key is ignored",
    ),
)

CASES = (*ONE_CHANNEL, *SHORTEST, *SEVERAL, *ARCHITECTURES, *OTHER, *DOCUMENTED, *REFUSED)
