"""The loss of a run as a picture and as text, whatever its rows hold."""

import math
import warnings
from pathlib import Path
from typing import Any

import pytest

from train import curve
from train.curve import draw_losses, draw_search, losses_text, points
from train.dots import curve_text

PNG = b"\x89PNG"
FALLING = [{"step": 10 * step, "loss": 5 / step, "learning_rate": 2e-2 / step} for step in range(1, 31)]
EVALUATED = [{"step": step, "eval_loss": loss} for step, loss in ((100, 2.0), (200, 1.5), (300, 1.75))]
ROWS: dict[str, list[dict[str, Any]]] = {
    "all": FALLING + EVALUATED,
    "no evaluation": FALLING,
    "evaluations alone": EVALUATED,
    "one point": FALLING[:1],
    "one point of each": [FALLING[0], EVALUATED[0]],
    "nothing": [],
    "no numbers": [{"step": 10, "loss": math.nan}, {"step": 20, "loss": math.inf}],
    "some are no numbers": [*FALLING, {"step": 310, "loss": math.nan, "learning_rate": None}],
    "flat": [{"step": step, "loss": 1.0} for step in range(5)],
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows_become_a_picture_and_a_text(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    draw_losses(rows, tmp_path / "run" / "loss.png", "legal-tiny-lora")
    text = losses_text(rows, width=60, height=6)

    assert (tmp_path / "run" / "loss.png").read_bytes().startswith(PNG)
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["loss.png"]
    assert text
    assert max(map(len, text.splitlines())) <= 61


def test_points_are_finite_and_in_order() -> None:
    rows = [
        {"step": 20, "loss": 2},
        {"step": 10, "loss": 1},
        {"step": 30, "loss": math.nan},
        {"step": 5, "eval_loss": 3},
    ]

    assert points(rows, "loss") == [(10.0, 1.0), (20.0, 2.0)]


def test_the_last_and_the_lowest_loss_of_the_evaluations_are_said() -> None:
    assert losses_text(ROWS["all"]).splitlines()[-1] == "eval_loss 1.75 at step 300; lowest 1.5 at step 200"


def test_without_a_loss_that_is_said() -> None:
    assert losses_text([]) == losses_text(ROWS["no numbers"]) == "no loss was logged"


def test_a_picture_is_the_same_each_time(tmp_path: Path) -> None:
    draw_losses(FALLING, tmp_path / "one.png", "x")
    draw_losses(FALLING, tmp_path / "two.png", "x")

    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_a_chinese_name_without_a_chinese_font_is_escaped_and_warns_of_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(curve, "_chinese_fonts", list)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_losses(FALLING, tmp_path / "loss.png", "法律-tiny $a_b$")

    assert curve._readable("法律-tiny") == ("\\u6cd5\\u5f8b-tiny", None)
    assert curve._readable("loss × 10³") == ("loss × 10³", None)


def test_a_chinese_name_is_written_in_a_font_that_has_it(tmp_path: Path) -> None:
    if not curve._chinese_fonts():
        pytest.skip("this machine has no Chinese font")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw_losses(FALLING, tmp_path / "loss.png", "法律-tiny $a_b$")

    assert curve._readable("法律-tiny")[0] == "法律-tiny"


def test_a_range_test_is_drawn_with_and_without_a_suggestion(tmp_path: Path) -> None:
    found = [(10.0**power, 5.0 - power) for power in range(-6, 1)]

    draw_search(found, 1e-3, tmp_path / "lr.png")
    draw_search(found, None, tmp_path / "none.png")

    assert (tmp_path / "lr.png").read_bytes() != (tmp_path / "none.png").read_bytes()


def test_a_falling_line_goes_from_the_upper_left_to_the_lower_right() -> None:
    drawn = curve_text([(0, 4.0), (8, 0.0)], width=19, height=2, across="step")

    assert drawn.splitlines() == ["        4 │⠉⠒⠤⣀", "        0 │⠀⠀⠀⠀⠉⠒⠤⣀", "           step 0 8"]


def test_the_places_of_a_logarithmic_curve_are_spread_by_their_size() -> None:
    found = [(1e-3, 1.0), (1e-2, 0.0), (1e-1, 0.0)]

    linear = curve_text(found, width=30, height=2, across="x").splitlines()[0]
    logarithmic = curve_text(found, width=30, height=2, across="x", log=True).splitlines()[0]

    assert len(logarithmic) > len(linear)


def test_text_is_no_escape_sequence() -> None:
    assert "\x1b" not in losses_text(ROWS["all"])
