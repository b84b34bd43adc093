"""What the user agreed to beforehand: steps that take something over or away from somebody else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Consent:
    """What the user said yes to on the command line; without a word, nothing.

    Where nothing calls for it, a consent changes nothing, so that it does no harm to say it twice.

    Attributes:
        adopt: A registry that somebody else set up may be taken over where it stands: its unit and container
            are stopped and kept aside, its data and users stay. Without it, such a registry on the
            port is a problem that ``check`` lists, and nothing is touched.
        new_ca: A certificate and credentials that this site's state does not know may be replaced by ours.
            Every client and cluster that trusts the old CA, or has the old password, has to be given the
            new ones. Without it, they are a problem that names whose they are, and nothing is touched.
    """

    adopt: bool = False
    new_ca: bool = False

    def settings(self) -> dict[str, bool]:
        """Return the roles' settings that say the same; a site's own stand where nothing was agreed to."""
        found = {}
        if self.adopt:
            found["registry_service_adopt"] = True
        if self.new_ca:
            found |= {"registry_tls_replace_unknown": True, "registry_auth_replace_unknown": True}
        return found


NO_CONSENT = Consent()
