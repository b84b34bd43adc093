"""What the user agrees to beforehand, and the settings that say the same to the roles."""

from bootstrap.workflow.consent import Consent


def test_without_a_word_nothing_is_agreed_to_and_the_sites_own_settings_stand():
    assert Consent().settings() == {}


def test_a_new_ca_replaces_certificate_and_credentials():
    assert Consent(new_ca=True).settings() == {
        "registry_tls_replace_unknown": True,
        "registry_auth_replace_unknown": True,
    }


def test_adopting_takes_over_the_service_and_replaces_no_secret():
    assert Consent(adopt=True).settings() == {"registry_service_adopt": True}
