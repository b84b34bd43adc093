"""Every image set of the table, read and resolved."""

from __future__ import annotations

import pytest

from bootstrap.errors import BootstrapError, ConfigError
from bootstrap.mirror import layout
from tests.imageset.case import resolved
from tests.imageset.cases import CASES

READABLE = [case for case in CASES if not case.refused]
# OKD's own update service is oc-mirror's to ask.
RESOLVABLE = [case for case in READABLE if not case.fails and "okd" not in case.needs]


def ids(cases):
    return [case.name for case in cases]


def test_no_two_cases_have_one_name():
    assert len(set(ids(CASES))) == len(CASES) > 100


@pytest.mark.parametrize("case", RESOLVABLE, ids=ids(RESOLVABLE))
def test_an_image_set_comes_to_these_releases_and_images(case):
    image_set = case.read()
    releases, warnings = resolved(image_set)
    assert " ".join(releases) == case.releases
    assert all(case.warns and case.warns in warning for warning in warnings), warnings
    assert bool(warnings) == bool(case.warns)
    assert (
        " ".join(":".join(layout.additional(image)) for image in image_set.additional_images) == case.images
    )


@pytest.mark.parametrize("case", READABLE, ids=ids(READABLE))
def test_what_only_oc_mirror_can_do_is_known(case):
    assert " ".join(case.read().needs_oc_mirror) == case.needs


FAILING = [case for case in READABLE if case.fails]


@pytest.mark.parametrize("case", FAILING, ids=ids(FAILING))
def test_an_image_set_that_the_update_graph_cannot_serve_is_an_error(case):
    with pytest.raises(BootstrapError) as caught:
        resolved(case.read())
    assert case.fails in str(caught.value)


WRONG = [case for case in CASES if case.refused]


@pytest.mark.parametrize("case", WRONG, ids=ids(WRONG))
def test_an_image_set_that_is_wrong_is_refused_for_one_reason(case):
    with pytest.raises(ConfigError) as caught:
        case.read()
    (line,) = caught.value.why.splitlines()
    assert case.refused in line
