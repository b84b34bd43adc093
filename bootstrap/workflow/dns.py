"""``resources dns`` and ``resources check-dns``: from a site and the user's clusters to names."""

from __future__ import annotations

from pathlib import Path

from bootstrap.cluster.dns.clusters import Clusters, canonical, read_clusters
from bootstrap.cluster.dns.names import Name, names_of
from bootstrap.cluster.dns.render import dnsmasq_conf, zone_fragments
from bootstrap.cluster.take_away import TakeAway
from bootstrap.errors import ConfigError, Problems
from bootstrap.site.formats import is_address
from bootstrap.site.model import Host, Site


def names_of_site(site: Site, cluster_file: Path | None) -> tuple[Name, ...]:
    """Return every name of the site's registries and web servers, and of the clusters in the file.

    Raises:
        ConfigError: The file is wrong, or names a host that the site does not have.
    """
    given = Clusters() if cluster_file is None else read_clusters(cluster_file)
    found = {host.text("registry_service_hostname").lower(): host for host in site.registries}
    servers = {
        name: host
        for host in site.web_servers
        if (name := host.text("web_server_hostname").lower()) not in found
    }
    if foreign := [name for name in given.registries if name not in {**found, **servers}]:
        raise ConfigError(
            f"cannot use the registries in {cluster_file}",
            why=f"no host of the site has the name {', '.join(foreign)}; there are "
            f"{', '.join((*found, *servers))}",
            fix="write the name as registry_service_hostname or web_server_hostname has it",
        )
    registries, web_servers = (
        {
            name: given.registries.get(name) or _addresses_of(host, names)
            for name, host in hosts.items()
            if not is_address(name)
        }
        for hosts, names in ((found, "registry_tls_names"), (servers, "web_server_names"))
    )
    return names_of(registries, given.clusters, web_servers)


def dns_of(site: Site, cluster_file: Path | None) -> TakeAway:
    """Return zone fragments and the configuration of dnsmasq.

    Raises:
        ConfigError: The file is wrong, or the address of a registry is not known (several as ``Problems``).
    """
    names = names_of_site(site, cluster_file)
    problems = [
        ConfigError(
            f"cannot write the records of {name.name}",
            why="the inventory has no address of it: ansible_host and the names of its certificate are names",
            fix="add its addresses to the file of --cluster, under `registries:` (docs/dns.md)",
        )
        for name in names
        if not name.addresses
    ]
    if problems:
        raise problems[0] if len(problems) == 1 else Problems(problems)
    files = {f"{domain}.zone": text for domain, text in zone_fragments(names).items()}
    notes = [f"{name.name} has no domain: it is in dnsmasq.conf only." for name in names if not name.domain]
    if cluster_file is None:
        notes.append("No clusters: name them in a file (docs/dns.md), and give it with --cluster.")
    return TakeAway({**files, "dnsmasq.conf": dnsmasq_conf(names)}, notes=tuple(notes))


def _addresses_of(host: Host, names: str) -> tuple[str, ...]:
    """Return the addresses of a host that the inventory has, those in its setting ``names`` among them."""
    texts = [host.connection.address, *(str(each) for each in host.items(names))]
    found = []
    for text in texts:
        try:
            found.append(canonical(text))
        except ValueError:
            continue  # a name, or an address of its own only
    return tuple(dict.fromkeys(found))
