"""CEL rules of CRDs (``x-kubernetes-validations``), evaluated as for an object that is created.

Source: kubernetes, ``staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go``:
defaults are there already, a rule that mentions ``oldSelf`` waits for an update, one that fails to evaluate
is broken; ``apiserver/pkg/cel/library`` has the functions.
"""

import functools
import ipaddress
import re
from urllib.parse import parse_qs, urlsplit

import cel

# Optional field selection, which the Python library cannot parse: a rule for Azure's identities, and two for
# OpenID providers. ``test_crds.py`` sees that these are all that is left out.
UNPARSABLE = (
    'self.platform.type != "Azure" || self.platform.?azure.azureAuthenticationConfig',
    '(size(self.?claim.orValue("")) > 0)',
    'self.?discoveryURL.orValue("").size() > 0',
)


def broken(rules, value):
    """Yield the message of each of ``rules`` that ``value`` breaks."""
    for each in rules:
        rule = each["rule"]
        if "oldSelf" in rule or rule.startswith(UNPARSABLE):
            continue
        try:
            is_met = program(rule).execute(_context(value))
        except (ValueError, RuntimeError, TypeError, IndexError) as error:
            yield f"{rule}: {error}"
            continue
        if is_met is not True:
            yield each.get("message") or rule


@functools.cache
def program(rule):
    """Return the compiled rule."""
    return cel.compile(rule)


def _context(value):
    return cel.Context(variables={"self": value}, functions=_FUNCTIONS)


def _is(parse):
    def is_such(text):
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return is_such


def _absolute(text):
    parts = urlsplit(text)
    if not parts.scheme or not (parts.netloc or parts.path.startswith("/")):
        raise ValueError(text)
    return text


def _find(text, pattern):
    found = re.search(pattern, text)
    return found.group() if found else ""


def _split(text, separator, limit=-1):
    return text.split(separator, limit - 1 if limit > 0 else -1)


_FUNCTIONS = {
    "isURL": _is(_absolute),
    "url": _absolute,
    "getScheme": lambda text: urlsplit(text).scheme,
    "getQuery": lambda text: parse_qs(urlsplit(text).query),
    "isIP": _is(ipaddress.ip_address),
    "isCIDR": _is(ipaddress.ip_interface),
    "cidr": lambda text: str(ipaddress.ip_interface(text)),
    "ip": lambda text: str(ipaddress.ip_interface(text).ip),
    "family": lambda text: ipaddress.ip_address(text).version,
    "prefixLength": lambda text: ipaddress.ip_interface(text).network.prefixlen,
    "split": _split,
    "find": _find,
    "findAll": lambda text, pattern: re.findall(pattern, text),
    "lowerAscii": str.lower,
}
