"""The section ``hosts`` of ``hosted-cluster.yaml``, and ``bmc``, what their controllers have in common."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bootstrap.cluster.hosted import values
from bootstrap.cluster.hosted.spec import Bmc, Host
from bootstrap.imageset.fields import Fields, Problems

_COMMON = ("username", "password", "passwordFile", "verifyCertificate")
BOOT_MODES = ("UEFI", "UEFISecureBoot", "legacy")


def read_hosts(top: Fields, path: Path, problems: Problems) -> tuple[Host, ...]:
    """Return the hosts; those with a problem are left out, and the problem is noted."""
    reader = BmcReader(path, problems, top.value("bmc"))
    found = [_host(item, place, problems, reader) for item, place in top.items("hosts")]
    if top.value("hosts") in (None, []):
        top.problem("hosts", "it is missing: a cluster without hosts has no nodes")
    for name, key in (("name", "name"), ("boot_mac", "bootMACAddress")):
        every = Counter(getattr(host, name) for host in found if host is not None)
        for value in (each for each, times in every.items() if each and times > 1):
            top.problem("hosts", f"{key} {value} is there more than once")
    addresses = Counter(host.bmc.address for host in found if host is not None and host.bmc.address)
    for value in (each for each, times in addresses.items() if times > 1):
        top.problem("hosts", f"bmc.address {value} is there more than once: two hosts, one machine")
    return tuple(host for host in found if host is not None)


def _host(value: object, place: str, problems: Problems, reader: BmcReader) -> Host:
    fields = Fields(
        value,
        place,
        problems,
        known=("name", "bmc", "bootMACAddress", "rootDeviceHints", "bootMode"),
    )
    hints = Fields(
        fields.value("rootDeviceHints"),
        f"{place}.rootDeviceHints",
        problems,
        known=("deviceName",),
    )
    mode = fields.text("bootMode")
    if mode is not None and mode not in BOOT_MODES:
        fields.problem("bootMode", f"{mode!r} is not one of {', '.join(BOOT_MODES)}")
    return Host(
        name=fields.parsed("name", values.host_name, required=True) or "",
        bmc=reader.bmc(fields.value("bmc"), f"{place}.bmc"),
        boot_mac=fields.parsed("bootMACAddress", values.mac, required=True) or "",
        disk=hints.parsed("deviceName", values.device),
        boot_mode=mode,
    )


class BmcReader:
    """Reads controllers; files with passwords are read once, however many hosts name them.

    Args:
        path: Of the user's file; what it names is relative to its directory.
        problems: Gets what is wrong.
        common: The section ``bmc``, unread: what the controllers of all hosts have in common.
    """

    def __init__(self, path: Path, problems: Problems, common: object) -> None:
        self._path, self._problems = path, problems
        shared = Fields(common, "bmc", problems, known=_COMMON)
        self._common, self._username = shared, shared.text("username")
        self._is_verified = shared.boolean("verifyCertificate") or not shared.has("verifyCertificate")
        self._files: dict[str, str] = {}
        self._common_passwords: dict[str, str] = {}  # by user; read once, so that a problem is told once
        self._is_private: bool | None = None

    def bmc(self, value: object, place: str) -> Bmc:
        """Return the controller at ``place``; what it does not say is that of all."""
        fields = Fields(value, place, self._problems, known=("address", *_COMMON))
        user = fields.text("username") or self._username or ""
        if not user and not self._common.has("username"):
            fields.problem("username", "it is missing, here and in bmc")
        own = fields.boolean("verifyCertificate")
        is_verified = own if fields.has("verifyCertificate") else self._is_verified
        return Bmc(
            address=fields.parsed("address", values.bmc_address, required=True) or "",
            username=user,
            password=self._password(fields, user),
            is_verified=is_verified,
        )

    def _password(self, fields: Fields, user: str) -> str:
        if fields.has("password") or fields.has("passwordFile"):
            return self._read_password(fields, user)
        if not self._common.has("password") and not self._common.has("passwordFile"):
            fields.problem("password", "it is missing, here and in bmc; passwordFile names a file")
            return ""
        if user not in self._common_passwords:
            self._common_passwords[user] = self._read_password(self._common, user)
        return self._common_passwords[user]

    def _read_password(self, source: Fields, user: str) -> str:
        if source.has("password") and source.has("passwordFile"):
            source.problem("passwordFile", "password is there, too: give one of them")
        if source.has("passwordFile"):
            return source.parsed("passwordFile", lambda name: self._from_file(name, user)) or ""
        if source.has("password") and self._others_can_read(self._path):
            source.problem(
                "password", f"it is here, and others can read {self._path}: chmod 600, or passwordFile"
            )
        if not isinstance(source.value("password"), str):
            source.problem("password", "it has to be a text: put it in quotes")  # and never say it
            return ""
        return source.parsed("password", lambda text: values.bmc_password(user, text), required=True) or ""

    def _from_file(self, name: str, user: str) -> str:
        if name not in self._files:
            file = self._path.parent / Path(name).expanduser()
            try:
                if self._others_can_read(file):
                    raise ValueError(f"others can read {file}: chmod 600")
                self._files[name] = file.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise ValueError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}") from None
        return values.bmc_password(user, self._files[name])

    def _others_can_read(self, file: Path) -> bool:
        if file != self._path:
            return values.is_readable_by_others(file)
        if self._is_private is None:
            self._is_private = not values.is_readable_by_others(file)
        return not self._is_private
