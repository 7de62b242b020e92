"""The tiny vocabulary is laid out as the official one, and loses no text."""

import pytest
import sentencepiece

from tests.golden_data import golden
from train.models.chatglm.tokenization import ChatGLM1Tokenizer
from train.models.tiny.samples import sample_texts
from train.models.tiny.vocabulary import FIRST, LAST, WORDS, make_vocabulary

TEXTS = sample_texts()
MODEL = make_vocabulary(TEXTS)
RARE = "龘"


def pieces(model: bytes) -> list[str]:
    read = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [read.id_to_piece(index) for index in range(read.get_piece_size())]


def test_ids_follow_the_official_layout() -> None:
    made = pieces(MODEL)

    assert made[: len(FIRST)] == ["<unk>", "<s>", "</s>", "<pad>", "<n>"]
    assert made[WORDS : WORDS + 9] == [
        *("[MASK]", "[gMASK]", "[sMASK]", "<unused_0>", "<sop>", "<eop>", "<ENC>", "<dBLOCK>"),
        "<|tab|>",
    ]
    assert made[WORDS + 9 : WORDS + 88] == [f"<|blank_{count}|>" for count in range(2, 81)]
    assert made[WORDS + 88 :] == [f"<0x{byte:02X}>" for byte in range(256)]
    assert len(made) == len(set(made)) == WORDS + len(LAST)


def test_pieces_are_of_the_official_kinds() -> None:
    made = sentencepiece.SentencePieceProcessor(model_proto=MODEL)

    assert [index for index in range(len(pieces(MODEL))) if made.is_control(index)] == [1, 2, 3, *range(1000, 1008)]
    assert [index for index in range(len(pieces(MODEL))) if made.is_byte(index)] == [*range(1088, 1344)]
    assert made.unk_id() == 0
    assert made.pad_id() == 3


def test_only_the_words_differ_from_a_vocabulary_of_the_reference() -> None:
    reference = pieces((golden("tok/v1") / "ice_text.model").read_bytes())

    made = pieces(MODEL)

    assert len(made) == len(reference)
    assert made[: len(FIRST)] == reference[: len(FIRST)]
    assert made[WORDS:] == reference[WORDS:]


def test_the_same_texts_make_the_same_bytes() -> None:
    assert make_vocabulary(TEXTS) == MODEL


@pytest.mark.parametrize(
    "text",
    [
        "春分是二十四节气之一",
        f"生僻字{RARE}也在",
        "第一行\n第二行\n\n末行",
        "缩进\t一格",
        "两格  三格   八十一格" + " " * 81 + "止",
        "😀 emoji",
    ],
)
def test_every_text_comes_back(tokenizer: ChatGLM1Tokenizer, text: str) -> None:
    (ids,) = tokenizer.encode_texts([text])

    assert tokenizer.decode(ids) == text
    assert tokenizer.unk_token_id not in ids


def test_what_the_samples_seldom_hold_is_spelt_in_bytes(tokenizer: ChatGLM1Tokenizer) -> None:
    rare, frequent = tokenizer.encode_texts([RARE, "一种"])

    assert len(rare) == 1 + len(RARE.encode())
    assert len(frequent) <= 2


def test_control_tokens_typed_in_a_text_stay_text(tokenizer: ChatGLM1Tokenizer) -> None:
    (ids,) = tokenizer.encode_texts(["[gMASK]<sop>你<eop>"])

    assert not {tokenizer.gmask_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id} & set(ids)


def test_a_question_and_its_answer_stand_as_the_official_tokenizer_puts_them(tokenizer: ChatGLM1Tokenizer) -> None:
    ids = tokenizer.build_inputs_with_special_tokens([10, 11], [12])

    assert ids == [10, 11, 1001, 1004, 12, 1005]
