import polars as pl
import pytest

from pipeline.rules.pii import is_id_card, mask, mask_personal_data
from pipeline.rules.rule import RuleOptions
from tests.pipeline.rules.records import frame, judged, reason, record

DROP = RuleOptions(pii="drop")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("电话13812345678，", "电话138****5678，"),
        ("+86 199-1234-5678", "199****5678"),
        ("13812345678,13912345678", "138****5678,139****5678"),
        ("zhang.san@mail.example.com.cn。", "z***@mail.example.com.cn。"),
        ("身份证11010519491231002X号", "身份证110105********002X号"),
    ],
)
def test_personal_data_are_masked_and_counted(before: str, after: str) -> None:
    masked, counts = mask(pl.Series([before, None, "无"]))

    assert masked.to_list() == [after, None, "无"]
    assert sum(counts.values()) == before.count(",") + 1
    assert reason(record(response=before), DROP) == "pii"


@pytest.mark.parametrize(
    "text",
    [
        "专利号2013812345678901",
        "0.13812345678",
        "12012345678",
        "1541234567",
        "110105194912310021",
        "A13812345678",
        "a @ b.c",
        "15412345678",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    masked, counts = mask(pl.Series([text]))

    assert masked.to_list() == [text]
    assert not any(counts.values())
    assert reason(record(response=text), DROP) is None


def test_masked_text_holds_no_more_personal_data() -> None:
    masked, _ = mask(pl.Series(["13812345678 x@y.com 11010519491231002x"]))

    again, counts = mask(masked)

    assert again.to_list() == masked.to_list()
    assert not any(counts.values())


def test_the_check_digit_is_that_of_the_standard() -> None:
    assert is_id_card("11010519491231002X")  # the example of GB 11643-1999
    assert is_id_card("440524188001010014")  # the other one
    assert not is_id_card("110105194912310020")


def test_both_sides_and_the_history_are_masked() -> None:
    records = frame(record("打13812345678", "写x@y.com", [["q", "13912345678"], ["a", "b"]]), record())

    masked, count = mask_personal_data(records)

    assert masked["prompt"].to_list() == ["打138****5678", "问"]
    assert masked["response"].to_list() == ["写x***@y.com", "答"]
    assert masked["history"].to_list() == [[["q", "139****5678"], ["a", "b"]], []]
    assert count == 3


def test_personal_data_in_the_history_reject_a_record() -> None:
    result = judged(record(history=[["q", "13912345678 x@y.com"]]), DROP)

    assert result["reason"][0] == "pii"
    assert result["detail"][0] == "email, mobile"
