import io
import json

import pytest
import yaml

from bootstrap.catalog.documents import LIMIT, documents


def read(content, is_wanted=lambda _seen: True):
    return list(documents(io.BytesIO(content).read, is_wanted))


A, B = {"schema": "olm.package", "name": "a"}, {"schema": "olm.channel", "package": "a", "name": "s"}


@pytest.mark.parametrize(
    "content",
    [
        b'{"schema": "olm.package", "name": "a"}{"schema": "olm.channel", "package": "a", "name": "s"}',
        json.dumps(A, indent=2).encode() + b"\n\n" + json.dumps(B).encode() + b"\n",
        b"\xef\xbb\xbf\n " + json.dumps(A).encode() + json.dumps(B).encode(),
        b"schema: olm.package\nname: a\n---\nschema: olm.channel\npackage: a\nname: s\n",
        b"---\nschema: olm.package\nname: a\n---\nschema: olm.channel\npackage: a\nname: s\n...\n",
        b"---\n# 1\nname: \"a\"\nschema: olm.package # 2\n---\n\nname: s\npackage: 'a'\nschema: olm.channel",
        b"--- {schema: olm.package, name: a}\n--- \n\"schema\": olm.channel\n'package': a\nname: s\n---\n",
        b"schema: olm.package\r\nname: a\r\n---\r\nschema: olm.channel\r\npackage: a\r\nname: s\r\n",
        b"schema:\n  olm.package\nname: a\n---\nschema: olm.channel\npackage:\n  a\nname: s\n",
    ],
    ids=["side by side", "json", "byte order mark", "yaml", "marks", "comments", "flow", "crlf", "next line"],
)
def test_documents_are_found_however_they_are_written(content):
    assert read(content, lambda seen: {"a", "s"} >= {seen.get("name"), seen.get("package") or "a"}) == [A, B]


def test_a_file_of_nothing_has_no_documents():
    assert read(b"") == read(b" \n") == read(b"---\n") == []


def test_a_block_of_text_is_no_key_and_no_end():
    inside = "schema: other\npackage: other\n --- \nname: x"
    content = yaml.safe_dump({**B, "text": inside}, default_style="|").encode()
    assert read(content, lambda seen: seen.get("package") != "other") == [{**B, "text": inside}]


def test_yaml_that_nobody_wants_is_not_read():
    content = b"schema: olm.bundle\npackage: other\nbroken: [\n---\nschema: olm.package\nname: a\n"
    assert read(content, lambda seen: seen.get("package") != "other") == [A]


def test_pieces_of_any_size_give_the_same():
    many = [
        {"schema": "olm.bundle", "package": f"ä{number}", "data": "x" * number * 97} for number in range(99)
    ]
    for content in (
        json.dumps(many[0]).encode()
        + b"".join(json.dumps(each, ensure_ascii=False).encode() for each in many[1:]),
        b"".join(b"---\n" + yaml.safe_dump(each, allow_unicode=True).encode() for each in many),
    ):
        for size in (1, 7, 4096):
            stream = io.BytesIO(content)
            assert list(documents(lambda _most, s=size, f=stream: f.read(s * 64), lambda _seen: True)) == many


@pytest.mark.parametrize(
    "content", [b'{"a": 1', b'{"a": 1}]', b"- a\n- b\n", b"a: [\n", b'{"a": 1} 2', b"\xff\xfe", b"just words"]
)
def test_what_is_no_catalog_is_refused(content):
    with pytest.raises((ValueError, yaml.YAMLError)):
        read(content)


def test_a_document_without_an_end_is_not_read_for_ever():
    asked = []

    def endless(size):
        asked.append(size)
        return b'{"a": "' if len(asked) == 1 else b"x" * size

    with pytest.raises(ValueError, match=f"more than {LIMIT}"):
        list(documents(endless, lambda _seen: True))
    assert sum(asked) < 3 * LIMIT
