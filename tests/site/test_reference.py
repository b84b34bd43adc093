from pathlib import Path

from bootstrap.site.reference import reference
from bootstrap.site.schema import Schema

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_is_what_the_roles_say() -> None:
    assert PAGE.read_text() == reference(Schema.load()), (
        "python -m bootstrap.site.reference > docs/settings.md"
    )


def test_a_setting_is_a_row_with_its_limit_and_default(ours) -> None:
    page = reference(Schema.load(ours / "roles", ours / "playbooks"))
    assert "| `registry_service_port` | TCP port, 1-65535. | int | `5000` |" in page
    assert '_password` | Made once when empty. Must be at least 12 long, or empty. | str | `""` |' in page
    assert "| `mirror_content_owner` | Nobody has a default for this. | str | required |" in page
    row = "| `registry_tls_hostname` | `registry_service_hostname` | `{{ registry_service_hostname }}` |"
    assert row in page.partition("## Handed on")[2]
