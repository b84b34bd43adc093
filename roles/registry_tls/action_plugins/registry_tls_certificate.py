"""Keeps a registry's certificate as it has to be: judges, issues on the controller, places on the host.

The private key goes from this process to the host and is nowhere else; no result holds it.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase

from bootstrap.errors import BootstrapError
from bootstrap.host.action import as_failure, ask, place
from bootstrap.tls.authority import TlsState
from bootstrap.tls.issue import Order
from bootstrap.tls.judge import Held
from bootstrap.tls.names import wanted_names
from bootstrap.tls.settle import Outcome, Request, is_trusted, settle, trust

KEY_MODE, PUBLIC_MODE = "0600", "0644"


class ActionModule(ActionBase):
    """See ``README.md`` of the role; the arguments are its settings without their prefix.

    Besides, ``state_name``: under which name the state knows the certificate, by default the host's in the
    inventory. A host that serves something beside the registry has a certificate more.
    """

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return ``changed``, ``msg`` (what was done and why), ``names`` and ``warnings``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            return result | self._keep(task_vars or {})
        except BootstrapError as error:
            return result | as_failure(error)

    def _keep(self, task_vars: dict[str, Any]) -> dict[str, Any]:
        arguments = self._task.args
        state = TlsState(Path(str(arguments["state_dir"])).expanduser())
        seen = ask(self, "registry_tls_look", {"directory": arguments["dir"]}, task_vars)
        request = _request(arguments, seen, task_vars)
        certificate = seen["certificate"]
        held = Held(None if certificate is None else certificate.encode(), seen["is_pair"])
        is_check = bool(self._task.check_mode)
        outcome = settle(request, state, held, dt.datetime.now(dt.UTC), is_check=is_check)
        directory = str(arguments["dir"])
        placed = place(
            self,
            task_vars,
            directories=[{"path": directory, "mode": "0755"}],
            files=_files(directory, outcome),
        )
        if is_check:
            is_noted = not is_trusted(state, request.host, outcome.ca)
        else:
            is_noted = outcome.ca is not None and trust(state, request.host, outcome.ca)
        is_new = bool(outcome.reason)
        verb = "would install" if is_check else "installed"
        return {
            "changed": is_new or placed["changed"] or is_noted,
            "msg": f"{verb} a certificate: {outcome.reason}"
            if is_new
            else "the certificate is as it has to be",
            "names": list(request.order.names),
            "warnings": list(outcome.warnings),
        }


def _request(arguments: dict[str, Any], seen: dict[str, Any], task_vars: dict[str, Any]) -> Request:
    inventory_name = str(task_vars["inventory_hostname"])
    others = [*arguments["names"], inventory_name, str(task_vars.get("ansible_host") or "")]
    names = wanted_names(
        str(arguments["hostname"]), others, seen["nodename"], seen["hosts_file"], seen["links"]
    )
    return Request(
        host=str(arguments.get("state_name") or inventory_name),
        site=str(arguments["site"]),
        mode=str(arguments["mode"]),
        order=Order(names, str(arguments["key_type"]), int(arguments["valid_days"])),
        ca_valid_days=int(arguments["ca_valid_days"]),
        provided={name: str(arguments[f"provided_{name}"] or "") for name in ("certificate", "key", "ca")},
        replaces_unknown=boolean(arguments["replace_unknown"]),
    )


def _files(directory: str, outcome: Outcome) -> list[dict[str, Any]]:
    """Return what has to be in the directory; without content only the mode is seen to."""
    return [
        {"path": f"{directory}/registry.key", "mode": KEY_MODE, "content": outcome.key},
        {"path": f"{directory}/registry.crt", "mode": PUBLIC_MODE, "content": outcome.certificate},
        {"path": f"{directory}/ca.crt", "mode": PUBLIC_MODE, "content": outcome.ca},
    ]
