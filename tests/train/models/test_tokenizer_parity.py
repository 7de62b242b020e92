"""Both generations' tokenizers give what the reference gives, to the last id."""

import json

import pytest

from tests.golden_data import golden
from tests.train.models.tokenizing import GENERATIONS, expected_of, official_tokenizer, plain
from train.models.tokenizer import ChatGLMTokenizer

CALLS = (
    *("single_nopad", "batch_nopad", "batch_pad", "batch_pad_pt", "single_pt", "pad_maxlen", "pad_multiple"),
    *("trunc8", "trunc8_batch_pad", "trunc4_nospecial", "text_target", "pair"),
)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_string_has_the_tokens_and_ids_of_the_reference(generation: str) -> None:
    tokenizer, strings = official_tokenizer(generation), expected_of(generation)["strings"]

    for case in strings:
        assert tokenizer.tokenize(case["text"]) == case["tokens"], case["text"]
        assert tokenizer.encode(case["text"], add_special_tokens=False) == case["ids"], case["text"]
        assert tokenizer.encode(case["text"]) == case["ids_special"], case["text"]
        assert tokenizer.convert_ids_to_tokens(case["ids"]) == case["tokens_from_ids"], case["text"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_a_batch_has_the_ids_of_its_strings(generation: str) -> None:
    tokenizer, strings = official_tokenizer(generation), expected_of(generation)["strings"]
    texts = [case["text"] for case in strings]

    assert tokenizer.encode_texts(texts) == [case["ids"] for case in strings]
    assert tokenizer(texts)["input_ids"] == [case["ids_special"] for case in strings]
    assert tokenizer([text for text in texts if text.strip()])["input_ids"] == [
        case["ids_special"] for case in strings if case["text"].strip()
    ]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_string_decodes_as_in_the_reference(generation: str) -> None:
    tokenizer, strings = official_tokenizer(generation), expected_of(generation)["strings"]
    tidy = generation == "v1"  # the reference tidies blanks in the first generation only

    for case in strings:
        ids = case["ids"]
        assert tokenizer.decode(ids, clean_up_tokenization_spaces=tidy) == case["decode"], case["text"]
        assert tokenizer.decode(ids) == case["decode_noclean"], case["text"]
        skipped = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=tidy)
        assert skipped == case["decode_skip"], case["text"]
        special = tokenizer.decode(case["ids_special"], clean_up_tokenization_spaces=tidy)
        assert special == case["decode_special"], case["text"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_odd_ids_decode_as_in_the_reference(generation: str) -> None:
    tokenizer = official_tokenizer(generation)

    for case in expected_of(generation)["decode_cases"]:
        assert tokenizer.decode(case["ids"]) == case["decode"]
        if "decode_skip" in case:
            assert tokenizer.decode(case["ids"], skip_special_tokens=True) == case["decode_skip"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_control_ids_stand_where_the_reference_puts_them(generation: str) -> None:
    tokenizer, expected = official_tokenizer(generation), expected_of(generation)

    for case in expected["build"]:
        assert tokenizer.build_inputs_with_special_tokens(case["a"], case["b"]) == case["out"]
    assert tokenizer.num_special_tokens_to_add() == expected["num_special_single"]
    assert tokenizer.num_special_tokens_to_add(pair=True) == expected["num_special_pair"]


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("name", CALLS)
def test_a_call_pads_cuts_masks_and_counts_positions_as_the_reference(generation: str, name: str) -> None:
    (case,) = [case for case in expected_of(generation)["calls"] if case["name"] == name]

    encoded = official_tokenizer(generation)(*case["args"], **case["kwargs"])

    assert {key: plain(value) for key, value in encoded.items()} == case["out"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_no_golden_call_is_forgotten(generation: str) -> None:
    assert [case["name"] for case in expected_of(generation)["calls"]] == list(CALLS)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_names_and_ids_of_the_control_tokens_are_those_of_the_reference(generation: str) -> None:
    tokenizer, expected = official_tokenizer(generation), expected_of(generation)
    names = [name for name in expected if name.endswith(("_token", "_token_id", "_tokens", "_ids", "_size", "_side"))]

    for name in {*names} - {"prefix_tokens"}:
        assert getattr(tokenizer, name) == expected[name], name
    assert len(tokenizer) == expected["len"]
    assert tokenizer.model_input_names == expected["model_input_names"]


def test_the_second_generation_gives_its_prefix_and_commands() -> None:
    tokenizer, expected = official_tokenizer("v2"), expected_of("v2")

    assert tokenizer.get_prefix_tokens() == expected["prefix_tokens"]
    assert tokenizer.special_tokens == expected["special_tokens"]
    assert tokenizer.get_command("<bos>") == expected["bos_id"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_prompts_are_those_of_the_reference(generation: str) -> None:
    tokenizer = official_tokenizer(generation)

    for case in expected_of(generation)["build_prompt"]:
        assert tokenizer.build_prompt(case["query"], case["history"]) == case["out"]


def test_the_official_vocabulary_gives_the_official_ids() -> None:
    folder = golden("tok/v1_official")
    expected = json.loads(golden("tokenizer_v1_official_vocab.json").read_text(encoding="utf-8"))
    tokenizer = ChatGLMTokenizer.from_pretrained(folder, split_special_tokens=False, clean_up_tokenization_spaces=True)

    assert {name: getattr(tokenizer, f"{name}_token_id") for name in expected["ids"]} == expected["ids"]
    assert tokenizer.vocab_size == expected["vocab_size"]
    for case in expected["strings"]:
        assert tokenizer.encode(case["text"], add_special_tokens=False) == case["ids"]
        assert tokenizer.encode(case["text"]) == case["ids_special"]
        assert tokenizer.decode(case["ids"]) == case["decode"]
        assert tokenizer.decode(case["ids"], skip_special_tokens=True) == case["decode_skip"]
