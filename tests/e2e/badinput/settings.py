"""Bad input in settings: names that are none, values of another type, values outside their limits."""

from __future__ import annotations

from tests.e2e.badinput.case import Case, Spoiled, Told

_PATH = "absolute path on the host"


def _set(**settings: object) -> object:
    return lambda site: site.set(**settings)


def _one(name: str, value: object, why: str, fix: str, what: str = "") -> Case:
    """Return the case of one setting with a value that it cannot have."""
    return Case(f"{name} is {value!r}", _set(**{name: value}), (Told(what or name, why, fix),))


def _many(site: Spoiled) -> None:
    site.set(
        registry_service_port=0,
        registry_storage_root="opt/registry",
        registry_tls_valid_days="many",
        registry_tls_mod="site_ca",
        mirror_content_engine="oc-mirror-v1",
        mirror_content_parallel=0,
    )
    site.image_set(lambda document: document.update(kind="ImageSet"))
    site.pull_secret("{")


CASES = (
    Case(
        "unknown setting",
        _set(registry_service_prot=5000),
        (
            Told(
                "registry_service_prot is no setting", "registry1.yml", "did you mean registry_service_port?"
            ),
        ),
    ),
    Case(
        "setting of another role",
        _set(mirror_content_storage_root="/srv"),
        (Told("mirror_content_storage_root is no setting", "no role declares it", ""),),
    ),
    Case(
        "setting that is handed on",
        _set(registry_firewall_port=5000),
        (
            Told(
                "registry_firewall_port cannot be set",
                "registry_service_port",
                "set registry_service_port instead",
            ),
        ),
    ),
    _one("registry_service_port", 0, "TCP port, 1-65535", "5000"),
    _one("registry_service_port", 70000, "TCP port, 1-65535", "5000"),
    _one("registry_service_port", "https", "a whole number, and is a text", "", what="port is 'https'"),
    _one("registry_storage_root", "opt/registry", _PATH, "/"),
    _one("registry_storage_root", "/", _PATH, "/"),
    _one("registry_storage_root", "/usr/registry", "none of the system's", "/opt/registry"),
    _one("registry_service_hostname", "registry_1.example.com", "DNS host name", ""),
    _one("registry_service_hostname", "registry 1", "DNS host name", ""),
    _one("registry_service_hostname", "2001:db8::1", "DNS host name", ""),
    _one("registry_firewall_zones", ["pub lic"], "firewalld zone", "", what="registry_firewall_zones[0]"),
    _one(
        "registry_service_image", "registry:2", "an image with its registry and a tag or digest", "docker.io"
    ),
    _one("registry_tls_mode", "lets_encrypt", "site_ca, self_signed, provided", "site_ca"),
    _one("registry_tls_valid_days", 0, "1", ""),
    _one(
        "registry_tls_names",
        ["192.0.2.0/24"],
        "DNS host name or an IP address",
        "",
        what="registry_tls_names[0]",
    ),
    _one("mirror_content_engine", "skopeo", "auto, native, oc-mirror, oc", ""),
    _one("mirror_content_parallel", 0, "1 to 64", ""),
    _one("mirror_content_update_url", "http://user:secret@example.com/graph", "https URL", "https://"),
    Case(
        "key of a mapping misspelt",
        _set(mirror_content_redirects=[{"prefix": "quay.io", "locaton": "x.example.com"}]),
        (
            Told(
                "mirror_content_redirects[0] has the key 'locaton'",
                "prefix, location",
                "did you mean location?",
            ),
        ),
    ),
    _one("registry_auth_user", "mirror:admin", "user name", ""),
    _one("registry_auth_bcrypt_cost", 31, "4 to 15", ""),
    Case(
        "password too short",
        _set(registry_auth_password="short"),
        (
            Told(
                "registry_auth_password is too weak",
                "5 characters, at least 12 are needed; ",
                "choose another",
            ),
        ),
    ),
    Case(
        "password that is the user's name",
        _set(registry_auth_password="mirrormirror"),
        (
            Told(
                "registry_auth_password is too weak",
                "different characters, 6 are needed; it is little more than the user's name",
                "choose another",
            ),
        ),
    ),
    _one("registry_auth_password", "x" * 73, "72", ""),
    _one("registry_service_delete_enabled", "perhaps", "", ""),
    Case(
        "many things at once",
        _many,
        (
            Told("registry_service_port", "", ""),
            Told("registry_storage_root", "", ""),
            Told("registry_tls_valid_days", "", ""),
            Told("registry_tls_mod ", "", "registry_tls_mode"),
            Told("mirror_content_engine", "", ""),
            Told("mirror_content_parallel", "", ""),
            Told("imageset.yaml", "kind", ""),
            Told("pull-secret.json", "JSON", ""),
        ),
    ),
)
