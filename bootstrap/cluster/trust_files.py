"""Trust as files, one for each place that wants it: what ``resources trust`` gives.

Source: openshift/api config/v1 ``Image`` (``additionalTrustedCA``) and ``Proxy`` (``trustedCA``);
openshift/cluster-image-registry-operator ``pkg/resource/caconfig.go`` (``host..port``);
openshift/cincinnati-operator ``controllers/names.go`` (``updateservice-registry``); openshift/installer
``pkg/types/installconfig.go`` (``additionalTrustBundlePolicy``).
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

from cryptography import x509

from bootstrap.cluster.given import Given
from bootstrap.cluster.mirror_sets import to_fragment, to_yaml
from bootstrap.cluster.object_names import raise_unnameable
from bootstrap.cluster.take_away import TakeAway
from bootstrap.cluster.trust import certificates_of, trust_bundle
from bootstrap.errors import BootstrapError, ConfigError, Problems
from bootstrap.tls.certificates import describe, read_chain, to_pem

CONFIG_MAP, NAMESPACE = "mirror-registry-ca", "openshift-config"
UPDATE_SERVICE_KEY = "updateservice-registry"
_KEY = re.compile(r"[-._a-zA-Z0-9]+")  # Kubernetes, IsConfigMapKey


def trust_files(given: Given, *, config_map: str = CONFIG_MAP, also: str = "") -> TakeAway:
    """Return everything that makes clusters trust the registries of a site.

    Args:
        given: What the site knows.
        config_map: Name of the ConfigMap with a key for each registry.
        also: Certificates, PEM, that bundles of the cluster have beside ours.

    Raises:
        ConfigError: What to trust is no PEM, a registry has a name that no ConfigMap can hold, or
            ``config_map`` is none of a ConfigMap.
    """
    raise_unnameable(config_map=config_map)
    bundle = trust_bundle({**given.trust, **({"": also} if also else {})})
    user_ca = _config_map("user-ca-bundle", {"ca-bundle.crt": bundle})
    additional = {"additionalTrustBundle": bundle, "additionalTrustBundlePolicy": "Always"}
    files = {
        "ca-bundle.crt": bundle,
        "registry-ca.yaml": to_yaml([registry_cas(given, config_map)]),
        "image-config-patch.yaml": to_fragment({"spec": {"additionalTrustedCA": {"name": config_map}}}),
        "user-ca-bundle.yaml": to_yaml([user_ca]),
        "proxy-patch.yaml": to_fragment({"spec": {"trustedCA": {"name": "user-ca-bundle"}}}),
        "additional-trust-bundle.yaml": to_fragment(additional),
    }
    return TakeAway(files, notes=tuple(_NOTES.splitlines()))


def registry_cas(given: Given, name: str = CONFIG_MAP) -> dict[str, Any]:
    """Return the ConfigMap that ``image.config.openshift.io/cluster`` names: a key for each registry.

    One key more is for the update service, which reads none but that: what to trust of all registries.

    Raises:
        ConfigError: See :func:`trust_files`.
    """
    data = {}
    for location in given.registries:
        key = location.replace(":", "..")
        if not _KEY.fullmatch(key):
            raise ConfigError(
                f"cannot tell clusters what to trust of {location}",
                why=f"{key!r} cannot be a key of a ConfigMap: letters, digits, '-', '_' and '.' only",
                fix="give the registry a DNS name: registry_service_hostname",
            )
        data[key] = to_pem(dict.fromkeys(certificates_of(location, given.trust[location]))).decode()
    data[UPDATE_SERVICE_KEY] = trust_bundle(given.trust)
    return _config_map(name, data)


def raise_out_of_date(given: Given, now: dt.datetime) -> None:
    """Refuse certificates outside their dates.

    Args:
        given: What the site knows.
        now: The time, aware.

    Raises:
        ConfigError: (several as ``Problems``) One has expired, or is not valid yet.
    """
    problems: list[BootstrapError] = [
        ConfigError(
            f"what clusters would trust of {location} is out of date",
            why=f"it is {describe(each)}, and now is {now:%Y-%m-%d %H:%M}Z",
            fix="check this machine's clock; renew a certificate of your own, or take it out of its file; "
            "then run `bootstrap-registry up`, which renews what is ours",
        )
        for location in given.registries
        for each in certificates_of(location, given.trust[location])
        if not each.not_valid_before_utc <= now <= each.not_valid_after_utc
    ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)


def read_pem(path: Path) -> str:
    """Return the certificates of a user's file.

    Raises:
        ConfigError: It cannot be read, or is no PEM.
    """
    try:
        content = path.expanduser().read_bytes()
        if b"CERTIFICATE-----" not in content:
            raise ValueError("there is no certificate in it")
        found: tuple[x509.Certificate, ...] = read_chain(content).all
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"cannot use the certificates in {path}",
            why=getattr(error, "strerror", None) or str(error),
            fix="give a file of PEM certificates (-----BEGIN CERTIFICATE-----)",
        ) from error
    return to_pem(found).decode()


_NOTES = """\
nodes and builds: oc apply -f registry-ca.yaml, then
oc patch image.config.openshift.io/cluster --type merge --patch-file image-config-patch.yaml
(where that names a ConfigMap of yours already, give its name with --config-map: our keys are added to it)
everything else of a running cluster, which can reboot nodes: oc apply -f user-ca-bundle.yaml, then
oc patch proxy/cluster --type merge --patch-file proxy-patch.yaml
(it replaces the bundle that is there: give its certificates with --also-trust, and they stay)
a new cluster: additional-trust-bundle.yaml into its install-config"""


def _config_map(name: str, data: dict[str, str]) -> dict[str, Any]:
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
