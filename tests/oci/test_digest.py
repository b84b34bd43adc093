import pytest

from bootstrap.oci.digest import Digest

# The digests of "" and "abc": FIPS 180-2, appendix B.1, and sha256sum.
EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
ABC = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_digest_is_computed_as_the_standard_says():
    assert str(Digest.of(b"")) == EMPTY
    assert Digest.of(b"abc") == Digest(ABC)
    assert Digest(ABC).hex == ABC[7:]


def test_digests_sort_and_can_be_keys():
    assert sorted([Digest(EMPTY), Digest(ABC)]) == [Digest(ABC), Digest(EMPTY)]
    assert len({Digest(ABC), Digest.of(b"abc")}) == 1


@pytest.mark.parametrize(
    "text", ["", "latest", ABC[7:], ABC[:-1], ABC + "0", ABC.upper(), ABC + "\n", "sha512:" + "0" * 128]
)
def test_what_is_no_sha256_digest_is_refused(text):
    assert not Digest.is_digest(text)
    with pytest.raises(ValueError, match="not a sha256 digest"):
        Digest(text)
