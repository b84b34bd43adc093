"""A real dnsmasq on a port of the loopback, that asks nobody else."""

import contextlib
import getpass
import socket
import subprocess

import dns.resolver

from bootstrap.cluster.dns.ask import resolver_of

_TRIES = 20  # a port that was free a moment ago may be taken by then


@contextlib.contextmanager
def name_server(conf):
    """Yield a resolver that asks a dnsmasq with the configuration file ``conf``."""
    process, port = _started(conf)
    with process:
        try:
            yield resolver_of(f"127.0.0.1:{port}")
        finally:
            process.terminate()


def _started(conf):
    said = []
    for _ in range(_TRIES):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        argv = ["dnsmasq", "--keep-in-foreground", f"--conf-file={conf}", "--listen-address=127.0.0.1"]
        argv += [f"--port={port}", "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file="]
        argv += [f"--user={getpass.getuser()}", "--log-facility=-"]
        process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
        for line in process.stderr:
            if "started" in line:
                return process, port
            said.append(line)
        with process:
            process.terminate()
        if "in use" not in said[-1]:
            break
    raise AssertionError("".join(said))


def addresses(resolver, name, kind):
    """Return what ``name`` leads to, sorted; None when there is no such name."""
    try:
        answer = resolver.resolve(f"{name}.", kind, raise_on_no_answer=False)
    except dns.resolver.NXDOMAIN:
        return None
    return sorted(each.address for each in answer.rrset or ())
