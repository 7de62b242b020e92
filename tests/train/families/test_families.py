"""What is true of every family."""

import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from pipeline.stats.lengths import in_tokens
from schemas.errors import OptionError
from schemas.limits import TokenCounter
from schemas.records import HISTORY
from schemas.statistics import SequenceLimits, TruncationRule
from tests.golden_data import golden
from tests.train.families.folders import GENERATIONS, model_folder
from train.encoding import official
from train.encoding.collate import PadRight
from train.encoding.examples import HIDDEN
from train.encoding.form import Wording
from train.families.family import Encoding, Family
from train.families.registry import FAMILIES, family_of

RECORDS = pl.DataFrame(
    {
        "prompt": ["你好", "95", "是的", "类型#上衣*材质#牛仔布" * 6, "问", "前<eop>后[MASK]"],
        "response": [
            "你好！",
            "上下水管温差怎么样啊？",
            "检查线路",
            "短",
            "这件衬衫的款式非常的宽松。" * 6,
            "答案里有<eop>",
        ],
        "history": [
            [],
            [["风扇不转", "水温多少"]],
            [["风扇不转", "用电脑能读数据流吗？"], ["95", "空气是不是都排干净了呢？"]],
            [["问" * 20, "答" * 20]] * 3,
            [],
            [["\n换行 ", "  两格"]],
        ],
    },
    schema={"prompt": pl.String(), "response": pl.String(), "history": HISTORY},
)
LIMITS = [SequenceLimits(source=source, target=target) for source in (24, 40, 64, 300) for target in (4, 16, 300)]
ENCODINGS: tuple[Encoding, ...] = ("default", "official")


@pytest.fixture(params=[FAMILIES[name] for name in GENERATIONS], ids=lambda family: family.name)
def family(request: pytest.FixtureRequest) -> Family:
    found: Family = request.param
    return found


@pytest.fixture
def tokenizer(family: Family) -> Any:
    return family.load_tokenizer(golden(f"tok/{GENERATIONS[family.name]}"))


def test_a_family_knows_the_folders_of_its_models(family: Family) -> None:
    assert family_of(golden(f"{GENERATIONS[family.name]}_base")) is family


def test_a_folder_loads_as_model_and_tokenizer(family: Family, tmp_path: Path) -> None:
    model, tokenizer = family.load(model_folder(family.name, tmp_path), dtype=torch.float32)

    modules = {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    assert set(family.target_modules) <= set(family.all_target_modules) <= modules
    assert tokenizer.pad_token_id == model.config.pad_token_id


def test_a_prompt_is_what_the_tokenizer_asks(family: Family, tokenizer: Any) -> None:
    history = [["一", "二"]]

    assert family.prompt("三", history) == tokenizer.build_prompt("三", history)
    assert family.prompt("三", []) == tokenizer.build_prompt("三")


def test_the_default_encoding_learns_the_answer_and_its_end(family: Family, tokenizer: Any) -> None:
    encoded = family.encode(RECORDS, tokenizer, SequenceLimits(source=500, target=500))

    for row, example in enumerate(encoded.examples):
        ids, labels, start = (*example.values(), encoded.examples.answer_starts[row])
        assert ids[start:].tolist() == labels[start:].tolist()
        assert set(labels[:start]) == {HIDDEN}
        assert ids[-1] == tokenizer.eos_token_id
        assert tokenizer.eos_token_id not in ids[:-1]
        (answer,) = tokenizer.encode_texts([RECORDS["response"][row]])
        assert ids[start:-1].tolist() == answer


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_examples_stay_within_the_limits(
    family: Family, tokenizer: Any, encoding: Encoding, limits: SequenceLimits
) -> None:
    encoded = family.encode(RECORDS, tokenizer, limits, encoding=encoding)

    assert encoded.examples.lengths.max() <= limits.source + limits.target + (encoding == "official")
    assert len(encoded.examples) == RECORDS.height


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("dialogue", [True, False])
def test_statistics_and_training_report_the_same_losses(
    family: Family, tokenizer: Any, encoding: Encoding, dialogue: bool
) -> None:
    rule: TruncationRule = family.rule(tokenizer, encoding)
    trained = RECORDS if dialogue else RECORDS.drop("history")

    audited = rule.losses(RECORDS, "chat" if dialogue else "pair", LIMITS)

    assert audited == [family.encode(trained, tokenizer, pair, encoding=encoding).losses for pair in LIMITS]
    assert any(losses.answers_cut for losses in audited)
    assert any(losses.questions_cut for losses in audited)
    assert (max(losses.lost_turns for losses in audited) > 0) is dialogue


@pytest.mark.parametrize("prefix", ["", "请回答："])
def test_official_losses_are_those_of_the_cut_text(family: Family, tokenizer: Any, prefix: str) -> None:
    """Each text before a place is encoded from the start of its prompt: the slow and obvious way."""
    assert isinstance(family.official, official.Official)
    records = _dialogues(60)
    rules, limits = family.official, SequenceLimits(source=60, target=20)

    (losses,) = family.rule(tokenizer, "official", Wording(prefix=prefix)).losses(records, "chat", [limits])

    room, lost, gone, cut = limits.source - rules.source_control, 0, 0, 0
    for question, _, history in records.iter_rows():
        prompts = prefix + rules.trained(question, history)
        turns = [rules.turn(number, *turn) for number, turn in enumerate(history)]
        ends = [prefix + "".join(turns[: number + 1]) for number in range(len(turns))]
        lost += sum(len(ids) - rules.turn_ending > room for ids in tokenizer.encode_texts(ends))
        asked = prompts.removesuffix(rules.ending)
        start, end = (len(ids) for ids in tokenizer.encode_texts([asked.removesuffix(question), asked]))
        gone, cut = gone + (start >= room), cut + (end > room)
    assert (losses.lost_turns, losses.questions_gone, losses.questions_cut) == (lost, gone, cut)
    assert 0 < gone < cut < records.height
    answers = tokenizer.encode_texts(records["response"].to_list())
    assert losses.answers_cut == sum(len(ids) > limits.target - rules.answer_control for ids in answers)


def test_prompts_of_evaluation_are_those_of_training(family: Family, tokenizer: Any) -> None:
    limits = SequenceLimits(source=40, target=16)
    encoded = family.encode(RECORDS, tokenizer, limits)

    asked = family.encode_prompts(RECORDS, tokenizer, limits)

    starts = encoded.examples.answer_starts
    assert [row["input_ids"][:start].tolist() for row, start in zip(encoded.examples, starts, strict=True)] == asked


def test_official_prompts_of_evaluation_are_those_that_the_official_code_pads(family: Family, tokenizer: Any) -> None:
    assert isinstance(family.official, official.Official)
    limits = SequenceLimits(source=40, target=16)

    asked = family.encode_prompts(RECORDS, tokenizer, limits, encoding="official")

    (batch,) = official.encode_evaluation(RECORDS, tokenizer, family.official, limits)
    assert [row[-len(ids) :] for row, ids in zip(batch["input_ids"], asked, strict=True)] == asked


def test_the_counter_counts_what_stands_in_the_examples(family: Family, tokenizer: Any) -> None:
    counter: TokenCounter = family.counter(tokenizer)

    assert counter.count(["你好", ""]) == [len(ids) for ids in tokenizer.encode_texts(["你好", ""])]
    assert in_tokens(counter)(pl.Series(["你好"])).to_list() == counter.count(["你好"])


@pytest.mark.parametrize(
    ("options", "message"),
    [({"loss": "all"}, "last answer only"), ({"wording": Wording(preset="patent")}, "knows --source_prefix only")],
)
def test_what_the_official_encoding_cannot_do_is_refused(
    family: Family, tokenizer: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(OptionError, match=message):
        family.encode(RECORDS, tokenizer, LIMITS[0], encoding="official", **options)


def test_all_answers_give_the_gradients_of_separate_records(family: Family, tmp_path: Path) -> None:
    model, tokenizer = family.load(model_folder(family.name, tmp_path), dtype=torch.float32)
    history = [["风扇不转", "水温多少"], ["95", "管子"]]
    dialogue = _records(("是的", "检查线路", history))
    separate = [_records((question, answer, history[:place])) for place, (question, answer) in enumerate(history)]
    limits = SequenceLimits(source=200, target=50)
    collate = PadRight(pad=int(tokenizer.pad_token_id))

    together = family.encode(dialogue, tokenizer, limits, loss="all").examples
    whole = _gradients(model, [(collate(list(together)), 1.0)])

    alone = [family.encode(rows, tokenizer, limits).examples for rows in [*separate, dialogue]]
    total = sum(int(examples.labels_seen().sum()) for examples in alone)
    parts = [(collate([examples[0]]), int(examples.labels_seen().sum()) / total) for examples in alone]
    for name, gradient in _gradients(model, parts).items():
        torch.testing.assert_close(whole[name], gradient, rtol=1e-4, atol=1e-6, msg=name)


def test_a_folder_of_another_family_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "abacus"}')

    with pytest.raises(
        OptionError, match=r"model_type 'abacus' is of no known family; choose one of: chatglm, .*prep models"
    ):
        family_of(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "no config.json"), ("[]", "no known family"), ("{", "cannot be read")]
)
def test_a_folder_without_a_configuration_is_named(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)

    with pytest.raises(OptionError, match=message):
        family_of(tmp_path)


def _records(*rows: tuple[str, str, list[list[str]]]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=RECORDS.schema, orient="row")


def _dialogues(number: int) -> pl.DataFrame:
    pick = random.Random(7)
    said = [
        "你好",
        "风扇不转，水温多少？",
        "用电脑能读数据流吗",
        "line\nbreak",
        "\n开头",
        "a  b",
        "类型#上衣*材质",
        "好",
    ]
    return _records(
        *(
            (pick.choice(said), pick.choice(said) * 3, [[pick.choice(said), pick.choice(said)] for _ in range(turns)])
            for turns in (pick.randrange(4) for _ in range(number))
        )
    )


def _gradients(model: Any, batches: list[tuple[dict[str, torch.Tensor], float]]) -> dict[str, torch.Tensor]:
    model.zero_grad()
    for batch, weight in batches:
        (model(**batch).loss * weight).backward()
    return {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
