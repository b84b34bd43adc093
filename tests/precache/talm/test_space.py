import pytest

from bootstrap.precache.talm.space import DEFAULT, GIB, gib_of, is_refused, required, text_of


# The second half are the cases of the operator's own test.
@pytest.mark.parametrize(
    ("text", "gib"),
    [
        *(
            ("45 GiB", 45),
            ("30Gi", 30),
            ("30 gi", 30),
            (DEFAULT, 35),
            ("1 GB", 1),
            ("0", 0),
            ("35", 1),
            ("2 B", 1),
        ),
        *(
            ("1.5 g", 2),
            (".5 GiB", 1),
            ("30G", 28),
            ("45GiB", 45),
            ("1 KiB", 1),
            ("10 gIb", 10),
            ("40 GIB", 38),
            ("1e3 GiB", 1000),
            ("7 ", 1),
        ),
        *(
            ("1073741824", 1),
            ("2500000 KB", 3),
            ("3100 MB", 3),
            ("40 GB", 38),
            ("38.5 GB", 36),
            ("2 TB", 1863),
        ),
        *(("1 PB", 931323), ("2500000 KiB", 3), ("3100 MiB", 4), ("40 GiB", 40), ("38.5 GiB", 39)),
        *(("2 TiB", 2048), ("1 PiB", 1048576)),
    ],
)
def test_row_j1_space_is_read_as_the_operator_reads_it(text, gib):
    assert gib_of(text) == gib


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "GiB",
        "abc 123",
        "123 ab",
        "-1 GiB",
        "1 bb",
        "1 GiBB",
        "1  GiB",
        "1,5 GiB",
        "0x1 GB",
        "1e999 GB",
        "inf",
    ],
)
def test_row_j1_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="is no size"):
        gib_of(text)


def test_row_j1_what_the_operator_would_refuse_is_known_and_never_written():
    assert is_refused("30Gi")
    assert not is_refused("30 GiB")
    assert not is_refused("30 GB")
    assert (gib_of(text_of(30)), is_refused(text_of(30))) == (30, False)


def test_row_j1_space_is_rounded_up_with_room_to_spare():
    assert [required(size) for size in (0, 1, 10 * GIB, int(10 * GIB / 1.1))] == [1, 1, 11, 10]
