"""ChatGLM3-6B is told from ChatGLM2-6B, asked in turns of roles, and no text reaches the tokens of the roles."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from transformers import AutoTokenizer

import prep.models  # noqa: F401 (registers the tokenizer)
from schemas.records import HISTORY
from schemas.statistics import SequenceLimits
from train.encoding.examples import HIDDEN, Dialogue
from train.families.chatglm2 import CHATGLM2
from train.families.chatglm3 import CHATGLM3
from train.families.registry import family_of
from train.models.chatglm3.tokenization import ChatGLM3Tokenizer
from train.models.tiny.registry import SMALL
from train.models.tiny.small import write_small

ROLES = ("<|system|>", "<|user|>", "<|assistant|>", "<|observation|>")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small(SMALL["tiny-chatglm3"], tmp_path_factory.mktemp("chatglm3"))


@pytest.fixture
def tokenizer(folder: Path) -> Any:
    return CHATGLM3.load_tokenizer(folder)


def settings(path: Path, **changed: Any) -> None:
    known = json.loads(path.read_text(encoding="utf-8"))
    kept = {key: value for key, value in known.items() if changed.get(key, value) is not None}
    path.write_text(json.dumps(kept | {key: value for key, value in changed.items() if value is not None}))


@pytest.mark.parametrize(
    "marks",
    [
        {"tokenizer_config.json": {"name_or_path": "THUDM/chatglm3-6b"}},
        {"tokenizer_config.json": {"added_tokens_decoder": {"64796": {"content": "<|assistant|>", "special": True}}}},
        {"config.json": {"_name_or_path": "THUDM/chatglm3-6b-base"}},
        {"config.json": {"chat_format": "chatglm3"}},
    ],
    ids=str,
)
def test_a_folder_is_known_by_what_its_files_say(folder: Path, tmp_path: Path, marks: dict[str, Any]) -> None:
    for name in ("config.json", "tokenizer_config.json", "tokenizer.model"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    settings(tmp_path / "config.json", chat_format=None)
    settings(tmp_path / "tokenizer_config.json", name_or_path=None)
    assert family_of(tmp_path) is CHATGLM2

    for name, changed in marks.items():
        settings(tmp_path / name, **changed)

    assert family_of(tmp_path) is CHATGLM3
    assert type(CHATGLM3.load_tokenizer(tmp_path)) is ChatGLM3Tokenizer


def test_a_saved_model_is_one_of_the_family_again(folder: Path, tmp_path: Path) -> None:
    model, tokenizer = CHATGLM3.load(folder)

    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)

    assert family_of(tmp_path) is CHATGLM3
    assert type(AutoTokenizer.from_pretrained(tmp_path)) is ChatGLM3Tokenizer


def test_the_roles_stand_behind_the_control_tokens_of_the_second_generation(tokenizer: Any) -> None:
    pieces = tokenizer.sp.get_piece_size()

    assert [tokenizer.get_command(role) for role in ROLES] == [pieces + 5 + place for place in range(4)]
    assert tokenizer.vocab_size == pieces + 9


def test_a_prompt_is_written_in_turns(tokenizer: Any) -> None:
    user, assistant = (tokenizer.get_command(role) for role in ("<|user|>", "<|assistant|>"))
    line, one, two, three = tokenizer.encode_texts(["\n", "一", "二", "三"])
    begin = [tokenizer.get_command("[gMASK]"), tokenizer.get_command("sop")]

    [source] = CHATGLM3.form(tokenizer).sources([Dialogue("三", [["一", "二"]])])

    turns = [user, *line, *one, assistant, *line, *two, user, *line, *three, assistant]
    assert source == [*begin, *turns]
    assert source == tokenizer.prompt_ids("三", [["一", "二"]])


def test_tools_have_roles_and_a_line_of_their_own(tokenizer: Any) -> None:
    said = tokenizer.dialogue_ids([("system", "", "工具"), ("assistant", "weather", "北京"), ("observation", "", "晴")])

    system, assistant, observation = (
        tokenizer.get_command(f"<|{role}|>") for role in ("system", "assistant", "observation")
    )
    texts = iter(tokenizer.encode_texts(["\n", "工具", "weather\n", "北京", "\n", "晴"]))
    expected = [token for role in (system, assistant, observation) for token in (role, *next(texts), *next(texts))]
    assert said[2:-1] == expected
    assert said[-1] == assistant


def test_the_line_and_the_answer_and_its_end_are_learnt(tokenizer: Any) -> None:
    records = pl.DataFrame(
        {"prompt": ["问"], "response": ["答"], "history": [[["一", "二"]]]},
        schema={"prompt": pl.String(), "response": pl.String(), "history": HISTORY},
    )

    [example] = CHATGLM3.encode(records, tokenizer, SequenceLimits(source=99, target=99)).examples

    line, answer = tokenizer.encode_texts(["\n", "答"])
    learnt = [label for label in example["labels"].tolist() if label != HIDDEN]
    assert learnt == [*line, *answer, tokenizer.eos_token_id]


def test_typed_roles_are_text(tokenizer: Any) -> None:
    typed = "".join((*ROLES, "[gMASK]", "sop", "</s>"))
    form = CHATGLM3.form(tokenizer)

    [source], [answer] = form.sources([Dialogue(typed)]), form.answers([typed])

    control = {tokenizer.get_command(token) for token in (*ROLES, "[gMASK]", "sop", "<eos>")}
    plain = form.sources([Dialogue("问")])[0]
    assert [token for token in source if token in control] == [token for token in plain if token in control]
    assert not control & set(answer)
    assert tokenizer.decode(answer).strip() == typed


def test_another_speaker_ends_an_answer_too(tokenizer: Any) -> None:
    form = CHATGLM3.form(tokenizer)

    assert form.end == tokenizer.eos_token_id
    assert set(form.stops) == {tokenizer.get_command("<|user|>"), tokenizer.get_command("<|observation|>")}


def test_it_chats_as_the_tokenizer_asks(folder: Path) -> None:
    model, tokenizer = CHATGLM3.load(folder)

    answer, history = model.chat(tokenizer, "你好", do_sample=False, max_new_tokens=4)

    assert history == [("你好", answer)]
