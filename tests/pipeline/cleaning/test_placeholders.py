import polars as pl
import pytest

from pipeline.cleaning.placeholders import PLACEHOLDERS, is_placeholder


def judged(text: str | None) -> bool | None:
    return pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(is_placeholder(pl.col("text"))).item()


@pytest.mark.parametrize(
    "text",
    [
        "无",
        "无输入",
        "没有输入",
        "没有输入。",
        "（无输入）",
        "<无输入>",
        "&lt;无输入&gt;",
        "None",
        "none",
        "NaN",
        "nan",
        "null",
        "N/A",
    ],
)
def test_these_mean_empty(text: str) -> None:
    assert judged(text) is True
    assert judged(f" {text}\u3000\n") is True
    assert text in PLACEHOLDERS


@pytest.mark.parametrize(
    "text", ["无输入法", "无 输入", "None of them", "否", "", "0", "null\nnull", "<UNK>", "无。。"]
)
def test_these_mean_something(text: str) -> None:
    assert judged(text) is False


def test_null_stays_null() -> None:
    assert judged(None) is None
