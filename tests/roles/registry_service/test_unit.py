"""A unit that podman's generator refuses never replaces the live one."""

import pytest

GOOD = "[Container]\nImage=example.com/registry@sha256:00\n"
ACCEPTS = 'test -e "$QUADLET_UNIT_DIRS/mirror-registry.container" && echo "---mirror-registry.service---"\n'


@pytest.fixture
def unit(tmp_path):
    return tmp_path / "systemd" / "mirror-registry.container"


@pytest.fixture
def install(plugin, run_module, programs, unit):
    module = plugin("registry_service", "library", "registry_service_unit")

    def run(content=GOOD, generator=ACCEPTS, **more):
        if generator is not None:
            programs.add("generator", generator)
        module.GENERATORS = (str(programs.directory / "generator"),)
        return run_module(module, path=str(unit), content=content, **more)

    return run


def test_what_the_generator_accepts_is_installed_once(install, unit):
    assert install()["is_validated"] is True
    assert unit.read_text() == GOOD
    assert unit.stat().st_mode & 0o777 == 0o644
    answer = install()
    assert (answer["changed"], answer["is_validated"]) == (False, False)


@pytest.mark.parametrize(
    "generator",
    [
        "echo 'quadlet-generator[7]: converting \"x\": unsupported key Memory' >&2; exit 1\n",
        # podman 4.6 says so and exits with 0
        "echo 'quadlet-generator[7]: converting \"x\": unsupported key Memory' >&2\n",
    ],
)
def test_what_the_generator_refuses_leaves_the_live_unit_alone(install, unit, generator):
    install()
    answer = install("[Container]\nMemory=1G\n", generator)
    assert "unsupported key Memory" in answer["msg"]
    assert unit.read_text() == GOOD


def test_a_generator_that_makes_nothing_is_a_refusal(install, unit):
    assert "makes no mirror-registry.service" in install(generator="exit 0\n")["msg"]
    assert not unit.exists()


def test_check_mode_asks_the_generator_and_writes_nothing(install, unit):
    answer = install(check_mode=True)
    assert (answer["changed"], answer["is_validated"], unit.exists()) == (True, True, False)


def test_check_mode_works_before_podman_is_installed(install, unit):
    answer = install(generator=None, check_mode=True)
    assert (answer["failed"], answer["is_validated"], unit.exists()) == (False, False, False)


def test_without_podman_the_missing_role_is_named(install):
    assert "container_host" in install(generator=None)["msg"]
