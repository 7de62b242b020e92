"""What our tokenizers do beyond the reference: safe against control tokens in data, loaded and saved under one name."""

import json
import shutil
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from schemas.errors import OptionError
from tests.golden_data import golden
from tests.train.models.tokenizing import GENERATIONS, expected_of, official_tokenizer, plain
from train.models.chatglm.tokenization import ChatGLM1Tokenizer
from train.models.registration import register
from train.models.tokenizer import ChatGLMTokenizer

CONTROL_TOKENS = ("<eop>", "<sop>", "[MASK]", "[gMASK]", "[sMASK]", "<pad>", "<unk>", "</s>", "<s>", "sop", "eop")


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("token", CONTROL_TOKENS)
def test_a_control_token_typed_in_a_text_stays_text(generation: str, token: str) -> None:
    tokenizer = ChatGLMTokenizer.from_pretrained(golden(f"tok/{generation}"))
    control_ids = set(tokenizer.build_inputs_with_special_tokens([], [])) | {tokenizer.pad_token_id}

    (ids,) = tokenizer.encode_texts([f"前{token}后"])

    assert control_ids.isdisjoint(ids)
    assert tokenizer.decode(ids) == f"前{token}后"
    assert tokenizer.encode(f"前{token}后", add_special_tokens=False) == ids
    assert tokenizer([f"前{token}后"], add_special_tokens=False)["input_ids"] == [ids]


def test_the_official_behaviour_comes_back_in_a_single_call() -> None:
    tokenizer = ChatGLMTokenizer.from_pretrained(golden("tok/v1"))

    assert tokenizer.eos_token_id not in tokenizer("<eop>")["input_ids"]
    assert tokenizer.eos_token_id in tokenizer("<eop>", split_special_tokens=False)["input_ids"]
    assert tokenizer.eos_token_id in tokenizer(["<eop>"], split_special_tokens=False)["input_ids"][0]


def test_an_official_control_token_swallows_the_blanks_around_it() -> None:
    tokenizer = official_tokenizer("v1")

    assert tokenizer.tokenize("a   [MASK] \n b") == ["▁", "a", "[MASK]", "▁b"]


@pytest.mark.parametrize("generation", GENERATIONS)
def test_ids_beyond_the_pieces_decode_to_nothing(generation: str) -> None:
    tokenizer = official_tokenizer(generation)

    assert tokenizer.decode([tokenizer.vocab_size, tokenizer.vocab_size + 100]) == ""


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("with_config", [True, False])
@pytest.mark.parametrize("trust", [None, True, False])
def test_the_automatic_class_loads_an_official_folder_and_never_its_code(
    generation: str, with_config: bool, trust: bool | None, tmp_path: Path
) -> None:
    register()
    folder = tmp_path / generation
    shutil.copytree(golden(f"tok/{generation}"), folder)
    (folder / "tokenization_chatglm.py").write_text("raise SystemExit('the code of the folder runs')")
    if with_config:
        config = json.loads(golden(f"{generation}_base/config.json").read_text(encoding="utf-8"))
        names = {"AutoConfig": "configuration_chatglm.ChatGLMConfig", "AutoModel": "modeling_chatglm.ChatGLMModel"}
        (folder / "config.json").write_text(json.dumps(config | {"auto_map": names}))

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust)

    assert isinstance(tokenizer, ChatGLMTokenizer)
    assert tokenizer.encode_texts(["你好"]) == official_tokenizer(generation).encode_texts(["你好"])


@pytest.mark.parametrize("generation", GENERATIONS)
@pytest.mark.parametrize("with_config", [True, False])
def test_a_saved_folder_loads_again_under_the_same_name(generation: str, with_config: bool, tmp_path: Path) -> None:
    register()
    tokenizer = AutoTokenizer.from_pretrained(golden(f"tok/{generation}"))
    if with_config:
        shutil.copy(golden(f"{generation}_base/config.json"), tmp_path)

    tokenizer.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path)

    strings = expected_of(generation)["strings"]
    texts = [case["text"] for case in strings]
    assert again.encode_texts(texts) == tokenizer.encode_texts(texts)
    assert again.encode_texts(texts, split_special_tokens=False) == [case["ids"] for case in strings]
    saved = json.loads((tmp_path / "tokenizer_config.json").read_text(encoding="utf-8"))
    assert saved["tokenizer_class"] == "ChatGLMTokenizer"
    assert "auto_map" not in saved
    assert type(again) is type(tokenizer)


def test_saving_twice_writes_the_same_settings(tmp_path: Path) -> None:
    tokenizer = ChatGLMTokenizer.from_pretrained(golden("tok/v1"))

    tokenizer.save_pretrained(tmp_path / "once")
    ChatGLMTokenizer.from_pretrained(tmp_path / "once").save_pretrained(tmp_path / "twice")

    once, twice = ((tmp_path / name / "tokenizer_config.json").read_text("utf-8") for name in ("once", "twice"))
    assert once == twice
    assert json.loads(once).items() >= {"gmask_token": "[gMASK]", "end_token": "</s>"}.items()


@pytest.mark.parametrize("generation", GENERATIONS)
def test_prompts_of_ids_are_padded_like_texts(generation: str) -> None:
    tokenizer, texts = official_tokenizer(generation), ["你好", "介绍一下你自己，谢谢"]

    padded = tokenizer.pad({"input_ids": tokenizer(texts)["input_ids"]}, padding=True, return_tensors="pt")

    expected = tokenizer(texts, padding=True, return_tensors="pt")
    assert {key: plain(value) for key, value in padded.items()} == {
        key: plain(value) for key, value in expected.items()
    }


def test_a_pointer_in_place_of_the_vocabulary_is_explained(tmp_path: Path) -> None:
    (tmp_path / "ice_text.model").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:5e97\n")

    with pytest.raises(OptionError, match="git lfs pull"):
        ChatGLMTokenizer.from_pretrained(tmp_path)


def test_a_folder_without_a_vocabulary_is_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"neither ice_text\.model nor tokenizer\.model"):
        ChatGLMTokenizer.from_pretrained(tmp_path)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_padding_on_the_right_is_refused(generation: str) -> None:
    with pytest.raises(OptionError, match="on the left"):
        official_tokenizer(generation)(["你好", "再见，朋友"], padding=True, padding_side="right")


def test_image_tokens_are_refused() -> None:
    with pytest.raises(OptionError, match="num_image_tokens 20000, expected 0"):
        ChatGLM1Tokenizer(str(golden("tok/v1/ice_text.model")), num_image_tokens=20000)
