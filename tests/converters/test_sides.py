import polars as pl
import pytest

from converters.sides import joined


def join(instruction: str | None, given: str | None) -> str | None:
    prompts = pl.select(joined(pl.lit(instruction, pl.String), pl.lit(given, pl.String))).to_series().to_list()
    return str(prompts[0]) if prompts[0] is not None else None


def test_the_input_follows_the_instruction_on_a_line_of_its_own() -> None:
    assert join("翻译", "你好") == "翻译\n你好"


@pytest.mark.parametrize(
    "placeholder",
    [
        *(
            "",
            " \n",
            "无",
            "无输入",
            "没有输入",
            "没有输入。",
            "（无输入）",
            "&lt;无输入&gt;",
            "“&lt;无输入&gt;”",
            "`&lt;无输入&gt;`",
        ),
        *("[无输入]", "<无输入>", "无需输入。", "&lt;不适用&gt;", "None", "none", "NaN", "null", "N/A", None),
    ],
)
def test_a_placeholder_means_that_there_is_no_input(placeholder: str | None) -> None:
    assert join("写诗", placeholder) == "写诗"


@pytest.mark.parametrize("given", ["无名氏", "他没有输入法", "没有钱", "nano", "输入 = 13", "无\n第二行", "5"])
def test_an_input_that_only_begins_like_a_placeholder_is_kept(given: str) -> None:
    assert join("续写", given) == f"续写\n{given}"


def test_an_input_without_an_instruction_stands_alone() -> None:
    assert join("", "你好") == "你好"
    assert join(None, "你好") == "你好"


def test_neither_of_the_two_is_nothing() -> None:
    assert join(None, None) is None
