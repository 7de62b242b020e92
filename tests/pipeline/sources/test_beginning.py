"""What a file begins with is shown so that a terminal can show it."""

import pytest

from pipeline.sources.beginning import beginning


@pytest.mark.parametrize(
    ("head", "shown"),
    [
        (b'{"title": 1}\n{"title": 2}', """'{"title": 1}'"""),
        ("专利".encode() * 20, "'" + "专利" * 6 + "专'"),
        (b"\x7fELF\x02\xff\x00", r"'\x7fELF\x02\xff\x00'"),
        (b"", "''"),
    ],
)
def test_text_is_shown_as_it_is_and_bytes_by_their_numbers(head: bytes, shown: str) -> None:
    assert beginning(head) == shown
