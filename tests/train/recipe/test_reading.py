"""YAML as people write it, and everything in it that is no recipe."""

from pathlib import Path

import pytest

from schemas.errors import OptionError
from train.recipe.build import build_recipe
from train.recipe.reading import layer_of, read_layer


def test_plain_scalars_stay_text_until_their_type_is_known() -> None:
    layer = layer_of(
        "a: 2e-2\nb: no\nc: 010\nd: ~\ne: 'null'\nf: [x, 1]\ng:\n  r: 8\n  s: 1e-3\n  t: '8'\n  u: true\n", "x"
    )

    assert layer == {
        "a": "2e-2",
        "b": "no",
        "c": "010",
        "d": None,
        "e": "null",
        "f": ["x", "1"],
        "g": {"r": 8, "s": 0.001, "t": "8", "u": True},
    }


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        ("learning_rate: 2e-2", "learning_rate", 0.02),
        ("learning_rate: 2.0E-2", "learning_rate", 0.02),
        ("bf16: yes", "bf16", True),
        ("bf16: on", "bf16", True),
        ("bf16: 1", "bf16", True),
        ("eval_strategy: no", "eval_strategy", "no"),
        ("max_steps: 3_000", "max_steps", 3000),
        ("max_steps: 3e3", "max_steps", 3000),
        ("run_name: 2026-11-05", "run_name", "2026-11-05"),
        ("ddp_timeout: 0120", "ddp_timeout", 120),
    ],
)
def test_the_traps_of_yaml_are_none_here(tmp_path: Path, line: str, key: str, value: object) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(f"{line}\n", encoding="utf-8")

    recipe, _ = build_recipe([(str(path), read_layer(path))])

    assert recipe.training[key] == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: [1,\n", "x:2:1: not YAML: while parsing a flow node"),
        ("a: b: c\n", "x:1:5: not YAML: mapping values are not allowed here"),
        ("\tmethod: lora\n", "x:1:1: not YAML: "),
        ("- method\n", "x:1: expected keys and their values"),
        ("just words\n", "x:1: expected keys and their values"),
        ("seed: 1\nname: a\nseed: 2\n", "x:3: seed stands in line 1 already"),
        ("max_steps: 1\nmax-steps: 2\n", "x:2: max-steps stands in line 1 already"),
        ("a: !!python/object/apply:os.system [ls]\n", "x:1: a tag, !!python/object/apply:os.system"),
        ("a: &a {r: 1}\nb: *a\n", "x:1: a value that stands elsewhere too (&name, *name)"),
        ("? [1, 2]\n: 3\n", "x:1: expected the name of a key"),
        ("a: 1\n---\nb: 2\n", "x:2:1: not YAML: expected a single document"),
        ("a: " + "[" * 5000, "x: nested too deeply"),
        ("\x00", "x: not YAML: unacceptable character"),
    ],
)
def test_what_is_no_recipe_is_named_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(OptionError) as raised:
        layer_of(text, "x")

    assert str(raised.value).startswith(expected)


def test_all_mistakes_of_form_are_told_together() -> None:
    with pytest.raises(OptionError) as raised:
        layer_of("seed: 1\nseed: 2\npeft_config: {r: 1, r: 2}\n", "x")

    assert str(raised.value).splitlines() == [
        "x:2: seed stands in line 1 already; keep one of them",
        "  x:3: r stands in line 3 already; keep one of them",
    ]


def test_an_empty_recipe_has_no_keys(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")

    assert read_layer(path) == {}


def test_a_byte_order_mark_is_no_part_of_a_key(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_bytes("\ufeffsource_prefix: 摘要：\n".encode())

    assert read_layer(path) == {"source_prefix": "摘要："}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "cannot be read: No such file or directory"),
        ("名称: 专利".encode("gb18030"), "not UTF-8: invalid"),
        (b"#" * (1 << 19), "524,288 bytes; expected a recipe of a few kilobytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "recipe.yaml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(OptionError) as raised:
        read_layer(path)

    assert str(raised.value).startswith(f"{path}: {expected}")
