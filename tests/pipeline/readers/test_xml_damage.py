"""Reading XML: damage, encodings, and what must never be expanded or fetched."""

import random

import pytest

from pipeline.readers import xml_split
from pipeline.readers.chunk import ROW, ReadOptions
from tests.pipeline.readers.xml_files import SECOND, TWO, USPTO, column, read


def test_a_damaged_document_of_a_weekly_file_costs_only_itself() -> None:
    broken = USPTO.format(number=2).replace("</p>", "")

    chunk = read(USPTO.format(number=1) + broken + USPTO.format(number=3))

    assert chunk.frame["publication_number"].to_list() == ["US1B2", "US3B2"]
    assert chunk.frame[ROW].to_list() == [1, 3]
    assert chunk.rejected[ROW].to_list() == [2]
    assert "mismatch: p and abstract" in chunk.rejected["detail"][0]


@pytest.mark.parametrize(
    ("damage", "good", "detail"),
    [
        ("<patent><title>断" + SECOND, 2, "the next record begins before this one ends"),
        ("<title>无头</title></patent>" + SECOND, 2, "the end of a record without its start"),
        (SECOND.replace("</title>", "</tit>") + SECOND, 2, "mismatch: title"),
        (SECOND + "<patent><title>断", 2, "ends"),
        ("<patent><!-- 断</patent>" + SECOND, 2, "Comment not terminated"),
        ("<patent><![CDATA[断</patent>" + SECOND, 2, "CData section not finished"),
    ],
)
def test_damage_costs_one_record_and_keeps_every_whole_one(damage: str, good: int, detail: str) -> None:
    chunk = read(TWO.format(damage))

    assert chunk.frame.height == good
    assert chunk.rejected["reason"].to_list() == ["damaged"]
    assert detail in chunk.rejected["detail"][0]
    assert chunk.rejected["raw"][0].strip() in TWO.format(damage)


def test_bare_ampersands_less_than_signs_and_control_characters_are_mended_and_counted() -> None:
    data = TWO.format("<patent><title>AT&T, x<5 &amp; y\x1f</title><abstract><![CDATA[a&b<c]]></abstract></patent>")

    chunk = read(data)

    assert chunk.frame["title"].to_list() == ["甲", "AT&T, x<5 & y"]
    assert chunk.frame["abstract"].to_list() == ["子", "a&b<c"]
    assert chunk.notes == {"repaired_markup": 1, "illegal_characters": 1}


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("GB2312", "gb18030"),
        ("gbk", "gb18030"),
        ("UTF-8", "gb18030"),
        ("gbk", "utf-8"),
        ("UTF-8", "utf-8-sig"),
        ("UTF-16", "utf-16"),
        ("utf-16", "utf-8"),
        ("nonsense", "utf-8"),
        ("big5", "big5"),
    ],
)
def test_the_encoding_is_the_declared_one_unless_the_bytes_contradict(declared: str, encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{declared}"?>' + TWO.format(SECOND).replace("甲", "測試")
    text = text if encoding == "big5" else text.replace("測試", "㐀𠀀€測試")

    assert column(text.encode(encoding), "title")[0] == ("測試" if encoding == "big5" else "㐀𠀀€測試")


def test_a_forced_encoding_overrides_the_declaration() -> None:
    data = ('<?xml version="1.0" encoding="big5"?>' + TWO.format(SECOND)).encode("gb18030")

    chunk = read(data, ReadOptions(encoding="gbk"))

    assert chunk.frame["title"].to_list() == ["甲", "乙"]


def test_a_record_in_no_encoding_is_rejected_and_one_in_another_is_read() -> None:
    data = TWO.format("<patent><title>\\xff\\xff</title></patent>" + SECOND).encode().replace(rb"\xff\xff", b"\xff\xff")
    declared = '<?xml version="1.0" encoding="utf-8"?>' + TWO.format(SECOND + SECOND * 9)
    mixed = declared.encode().replace(SECOND.encode(), SECOND.encode("gb18030"), 1)

    assert read(data).rejected["reason"].to_list() == ["undecodable"]
    assert read(mixed).frame["title"].to_list() == ["甲", *["乙"] * 10]
    assert read(mixed).notes == {"mixed_encoding": 1}


def test_entities_never_expand_and_nothing_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", lambda *_: pytest.fail("a connection was opened"))
    bombs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    prolog = (
        f'<?xml version="1.0"?><!DOCTYPE patents SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY l0 "lol">{bombs}'
        '<!ENTITY file SYSTEM "file:///etc/passwd"><!ENTITY % net SYSTEM "http://127.0.0.1:9/y"> %net; ]>'
    )

    titles = column(prolog + TWO.format("<patent><title>&l11;&file;</title></patent>"), "title")

    assert titles == ["甲", "&l11;&file;"]


def test_deeply_nested_elements_do_no_harm() -> None:
    deep = "<x>" * 1500 + "y" + "</x>" * 1500

    chunk = read(TWO.format(f"<patent><title>乙</title><abstract><x>{deep}</x></abstract></patent>"))

    assert chunk.frame["title"].to_list() == ["甲", "乙"]


def test_a_record_beyond_all_measure_is_rejected_with_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_split, "MAX_RECORD_BYTES", 5_000)
    monkeypatch.setattr(xml_split, "BLOCK_BYTES", 1_000)
    data = TWO.format(f"<patent><title>{'长' * 9_000}</title></patent>{SECOND}")

    chunk = read(data)

    assert chunk.frame["title"].to_list() == ["甲", "乙"]
    assert chunk.rejected["reason"].to_list() == ["too_large"]


def test_where_blocks_end_makes_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    data = TWO.format(
        f'<!-- <patent> --><patent a="x>y"><title><![CDATA[>]]></title></patent><patent><title>断{SECOND}'
    )
    whole = read(data)

    for size in (1, 2, 7, 30):
        monkeypatch.setattr(xml_split, "BLOCK_BYTES", size)
        chunk = read(data, ReadOptions(chunk_bytes=1))

        assert chunk.frame.rows() == whole.frame.select(chunk.frame.columns).rows()
        assert chunk.rejected.rows() == whole.rejected.rows()


def test_every_byte_of_a_randomly_damaged_file_is_read_rejected_or_noted() -> None:
    generator = random.Random(1)
    one = "<patent><title>{0}</title><abstract>子{0}</abstract></patent>\n"
    data = ("<patents>" + "".join(one.format(number) for number in range(30)) + "</patents>").encode()

    for _ in range(60):
        begin = generator.randrange(len(data) // 3, len(data))
        chunk = read(data[:begin] + data[begin + generator.randrange(1, 90) :])

        assert chunk.frame.height >= 27 - (begin == len(data))
        assert chunk.rejected.height <= 3
        assert chunk.frame["title"].str.contains(r"^\d*$").sum() >= 26
