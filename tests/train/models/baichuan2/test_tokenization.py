"""The tokenizer: control tokens in data are text, the official behaviour is there, files and padding are the usual."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoTokenizer

from schemas.errors import OptionError
from train.models.baichuan2.tokenization import ASSISTANT, USER, BaichuanTokenizer
from train.models.registration import register

CONTROL = ("<reserved_106>", "<reserved_107>", "<reserved_0>", "</s>", "<s>", "<unk>", "<pad>")


@pytest.fixture
def tokenizer(vocabulary: Path) -> BaichuanTokenizer:
    loaded: BaichuanTokenizer = BaichuanTokenizer.from_pretrained(vocabulary)
    return loaded


def test_the_control_tokens_are_where_the_official_ones_are(tokenizer: BaichuanTokenizer) -> None:
    assert tokenizer.convert_ids_to_tokens([USER, ASSISTANT]) == ["<reserved_106>", "<reserved_107>"]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id) == (1, 2, 0)


@pytest.mark.parametrize("token", CONTROL)
def test_a_control_token_typed_in_a_text_stays_text(token: str, tokenizer: BaichuanTokenizer) -> None:
    text = f"前{token}后 {token}"

    (ids,) = tokenizer.encode_texts([text])

    assert {0, 1, 2, USER, ASSISTANT, tokenizer.convert_tokens_to_ids("<reserved_0>")}.isdisjoint(ids)
    assert tokenizer.decode(ids) == text
    assert tokenizer(text)["input_ids"] == tokenizer([text])["input_ids"][0] == ids


@pytest.mark.parametrize("token", ["<reserved_106>", "</s>"])
def test_the_official_behaviour_is_there_when_asked_for(token: str, tokenizer: BaichuanTokenizer) -> None:
    wanted = tokenizer.convert_tokens_to_ids(token)

    for ids in (
        tokenizer.encode_texts([f"前{token}后"], split_special_tokens=False)[0],
        tokenizer(f"前{token}后", split_special_tokens=False)["input_ids"],
        tokenizer([f"前{token}后"], split_special_tokens=False)["input_ids"][0],
    ):
        assert ids.count(wanted) == 1


def test_texts_without_control_tokens_are_what_sentencepiece_makes_of_them(tokenizer: BaichuanTokenizer) -> None:
    texts = ["你好，世界", "hello  world\n\t 1234", "𠮷野家", "", " "]

    assert tokenizer.encode_texts(texts) == tokenizer.sp.encode(texts)
    assert tokenizer.encode_texts(texts, split_special_tokens=False) == tokenizer.sp.encode(texts)
    assert [tokenizer.decode(ids) for ids in tokenizer.encode_texts(texts)] == texts


def test_a_prompt_is_its_turns_each_behind_its_token(tokenizer: BaichuanTokenizer) -> None:
    one, two, three = tokenizer.encode_texts(["一", "二", "三"])

    assert tokenizer.prompt_ids("三", [("一", "二")]) == [USER, *one, ASSISTANT, *two, USER, *three, ASSISTANT]
    assert (
        tokenizer.build_prompt("三", [("一", "二")]) == "<reserved_106>一<reserved_107>二<reserved_106>三<reserved_107>"
    )


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, [9, 8]), ({"add_bos_token": True}, [1, 9, 8]), ({"add_eos_token": True}, [9, 8, 2])],
)
def test_beginning_and_end_are_added_where_the_folder_says_so(
    fields: dict[str, Any], expected: list[int], vocabulary: Path
) -> None:
    tokenizer = BaichuanTokenizer.from_pretrained(vocabulary, **fields)

    assert tokenizer.build_inputs_with_special_tokens([9, 8]) == expected


@pytest.mark.parametrize("trust", [None, True, False])
def test_the_automatic_class_loads_an_official_folder_and_never_its_code(
    trust: bool | None, vocabulary: Path, tmp_path: Path
) -> None:
    """The released folders: ``<pad>`` beyond the embeddings, tokens as objects, ``auto_map``."""
    register()
    shutil.copy(vocabulary / "tokenizer.model", tmp_path)
    token = {"__type": "AddedToken", "lstrip": False, "normalized": True, "rstrip": False, "single_word": True}
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<unk>"}
    settings = {name: token | {"content": content} for name, content in names.items()}
    auto_map = {"AutoTokenizer": ["tokenization_baichuan.BaichuanTokenizer", None]}
    settings |= {"tokenizer_class": "BaichuanTokenizer", "add_bos_token": False, "auto_map": auto_map}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    (tmp_path / "added_tokens.json").write_text('{"<pad>": 1394}')
    (tmp_path / "tokenization_baichuan.py").write_text("raise SystemExit('the code of the folder runs')")
    (tmp_path / "config.json").write_text('{"model_type": "baichuan", "auto_map": {"AutoConfig": "x.Y"}}')

    tokenizer = AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=trust, use_fast=False)

    assert type(tokenizer) is BaichuanTokenizer
    for split in (True, False):
        assert max(tokenizer("前<pad>后", split_special_tokens=split)["input_ids"]) < tokenizer.vocab_size == 1394
    assert tokenizer.pad_token_id == 0


def test_a_saved_folder_loads_again_and_keeps_the_vocabulary_to_the_byte(
    tokenizer: BaichuanTokenizer, tmp_path: Path
) -> None:
    register()

    tokenizer.save_pretrained(tmp_path)
    loaded = AutoTokenizer.from_pretrained(tmp_path)

    assert (tmp_path / "tokenizer.model").read_bytes() == Path(tokenizer.vocab_file).read_bytes()
    assert type(loaded) is BaichuanTokenizer
    assert loaded.encode_texts(["前<reserved_106>后"]) == tokenizer.encode_texts(["前<reserved_106>后"])


@pytest.mark.parametrize("side", ["left", "right"])
def test_padding_goes_to_the_side_asked_for(side: str, tokenizer: BaichuanTokenizer) -> None:
    encoded = tokenizer(["你好", "一个长一些的问题"], padding=True, padding_side=side, return_tensors="pt")

    place = 0 if side == "left" else -1
    assert encoded["input_ids"][0, place] == 0
    assert encoded["attention_mask"][0, place] == 0
    assert encoded["attention_mask"][1].all()


def test_a_pointer_in_the_place_of_the_vocabulary_is_named(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.model"
    path.write_text("version https://git-lfs.github.com/spec/v1\n")

    with pytest.raises(OptionError, match="pointer of Git LFS"):
        BaichuanTokenizer(str(path))
