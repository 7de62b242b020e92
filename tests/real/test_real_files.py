"""What every real file gives, row for row and reason for reason; the same table stands in docs/real-files.md."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pipeline.convert import convert_sources
from prep.options import convert_options
from schemas.errors import FormatError
from tests.shared_data import shared


@dataclass(frozen=True)
class Expected:
    converter: str
    read: int
    made: int
    not_a_record: dict[str, int] = field(default_factory=dict)
    rejected_rows: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    turns: dict[str, int] = field(default_factory=dict)


FILES = {
    "encyclopedia/baidubaike_items.json": Expected(
        "encyclopedia/baidubaike", 420, 410, rejected_rows={"damaged": 10}, duplicates=27
    ),
    "encyclopedia/cmrc2018_dev_flat.json": Expected("encyclopedia/cmrc", 848, 848, rejected={"empty_prompt": 2}),
    "encyclopedia/cmrc2018_squad_trial.json": Expected("encyclopedia/squad", 256, 256),
    "encyclopedia/wiki2019zh_AA_wiki_00.jsonl": Expected(
        "encyclopedia/wiki2019zh", 64, 59, not_a_record={"disambiguation": 1, "list_page": 4}
    ),
    "encyclopedia/ownthink_v2_readme_head.csv": Expected(
        "encyclopedia/ownthink", 9, 3, not_a_record={"other_relation": 6}
    ),
    "encyclopedia/baike2018qa_readme_example.jsonl": Expected("encyclopedia/baike2018qa", 1, 1),
    "encyclopedia/webtext2019zh_readme_example.jsonl": Expected("encyclopedia/webtext2019zh", 1, 1),
    "legal/lawyer_llama_legal_counsel_with_article_v2.json": Expected("legal/lawyer_llama", 1000, 1000),
    "legal/lawyer_llama_multi_turn_with_article_v2.json": Expected(
        "legal/lawyer_llama_dialogue", 476, 1042, turns={"merged_turns": 10, "trailing_questions": 1}
    ),
    "legal/lawyer_llama_legal_advice_nested.json": Expected("legal/legal_advice", 5000, 5000, duplicates=1),
    "legal/lawgpt_zh_test_result.json": Expected("legal/lawgpt_zh", 24, 24),
    "legal/lawgpt_zh_statutes_9k.json": Expected("legal/statutes", 1500, 1500),
    "paper/csl_ts_dev.tsv": Expected("paper/csl_ts", 1000, 1000),
    "paper/csl_ts_test.tsv": Expected("paper/csl_ts", 1000, 1000),
    "paper/cnki_endnote_demo.txt": Expected("paper/citation", 40, 40, rejected={"empty_response": 6}),
    "paper/cnki_refman_demo.ris": Expected("paper/citation", 40, 40, rejected={"empty_response": 6}),
    "patent/bdci2022_patents_train.json": Expected("patent/bdci", 958, 958),
    "patent/bdci2022_patents_testA_subset.jsonl": Expected("patent/bdci", 3139, 3139),
    "patent/chinese_patent_cpc_sample_train.bom.csv": Expected(
        "patent/text_column", 4101, 19, not_a_record={"empty_row": 4082}
    ),
    "instruct/alpaca_chinese_part01.json": Expected(
        "instruct/alpaca", 10444, 10444, rejected={"empty_response": 14, "same_sides": 1}
    ),
    "instruct/alpaca_hikariming_trailing_comma_INVALID.json": Expected(
        "instruct/alpaca", 2801, 2801, rejected={"empty_response": 5}, duplicates=15
    ),
    "instruct/belle_10M_readme_examples.jsonl": Expected("instruct/alpaca", 4, 5),
    "instruct/belle_eval_set.json": Expected("instruct/belle_eval", 1000, 1000, rejected={"empty_response": 369}),
    "instruct/belle_sampled_qwen.json": Expected("instruct/conversations", 267, 267),
    "instruct/belle_zh_seed_tasks.jsonl": Expected("instruct/belle_seed", 175, 175),
    "instruct/sharegpt_zh_1K.jsonl": Expected(
        "instruct/conversations",
        1000,
        4372,
        rejected_rows={"no_answer": 1},
        rejected={"empty_prompt": 17, "empty_response": 5, "same_sides": 1},
        turns={"trailing_questions": 7},
    ),
    "official/AdvertiseGen_dev.json": Expected("instruct/advertise_gen", 1070, 1070, duplicates=1),
    "official/AdvertiseGen_train_5000.gb18030.json": Expected("instruct/advertise_gen", 5000, 5000),
    "official/chat_history_h_1000.jsonl": Expected("instruct/history", 300, 300, turns={"unused_turns": 1239}),
    "official/chatglm_improve_data_sample.jsonl": Expected("instruct/chat", 100, 100),
    "official/openai_messages_advgen_dev.json": Expected("instruct/messages", 1070, 1070, duplicates=1),
}
REFUSED = {
    "paper/csl_kg_dev.tsv": (r"found 0 \(to keywords\), 1 \(.*\), 2 \(.*\)", 1000),
    "paper/csl_cls_ctg_train.tsv": (r"found 0 \(to category\), 1 \(.*\), 2 \(.*\)", 8000),
    "patent/cnipa_2019_invention_published_709.gb18030.csv": (r"there is a title \(name\) but no abstract", 13537),
    "patent/cnipa_2019_FINAL_no_text_columns.csv": (r"found .*IPC.*; name them with --map", 11912),
    "patent/google_patents_biogas_BR.csv": (r"there is a title \(title\) but no abstract", 511),
}
MAY_BE_SMALL = {"max_reject_rate": 1.0, "dev": 0.0, "test": 0.0}


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_gives_this(name: str, tmp_path: Path) -> None:
    expected = FILES[name]

    done = convert_sources([str(shared(name))], convert_options(MAY_BE_SMALL), out=tmp_path)

    rows, records = done.manifest["rows"], done.manifest["records"]
    found = Expected(
        converter=done.manifest["sources"][0]["converter"],
        read=rows["read"],
        made=records["made"],
        not_a_record=rows["not_a_record"],
        rejected_rows=rows["rejected"],
        rejected=records["rejected"],
        duplicates=records["duplicates"],
        turns=done.manifest["turns"],
    )
    assert found == expected
    assert records["train"] == expected.made - sum(expected.rejected.values()) - expected.duplicates


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_file_without_an_abstract_is_refused_with_what_would_help(name: str, tmp_path: Path) -> None:
    message, _ = REFUSED[name]

    with pytest.raises(FormatError, match=message) as error:
        convert_sources([str(shared(name))], convert_options({}), out=tmp_path)

    assert "\n" not in str(error.value)
    assert "--map content=COLUMN" in str(error.value)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_file_is_read_in_full_when_its_columns_are_named(name: str, tmp_path: Path) -> None:
    from pipeline.find import read_tables
    from pipeline.readers.chunk import ReadOptions
    from pipeline.sources.expand import expand

    [source] = expand([str(shared(name))]).inputs
    [table] = read_tables(source, ReadOptions())

    chunks = list(table.chunks(None))

    assert sum(chunk.frame.height for chunk in chunks) == REFUSED[name][1]
    assert sum(chunk.rejected.height for chunk in chunks) == 0


def test_keywords_can_be_had_by_naming_the_columns(tmp_path: Path) -> None:
    options = convert_options({"domain": "paper", "map": {"content": "1", "summary": "2"}})

    done = convert_sources([str(shared("paper/csl_kg_dev.tsv"))], options, out=tmp_path)

    assert done.manifest["records"]["made"] == 1000


def test_messages_are_the_same_records_as_advertise_gen(tmp_path: Path) -> None:
    for name in ("AdvertiseGen_dev.json", "openai_messages_advgen_dev.json"):
        convert_sources([str(shared(f"official/{name}"))], convert_options({}), out=tmp_path, name=name)

    for split in ("train.json", "dev.json", "test.json"):
        paths = [tmp_path / name / split for name in ("AdvertiseGen_dev.json", "openai_messages_advgen_dev.json")]
        assert paths[0].read_bytes() == paths[1].read_bytes()


def test_unknown_word_marks_survive_untouched(tmp_path: Path) -> None:
    done = convert_sources([str(shared("official/AdvertiseGen_dev.json"))], convert_options(MAY_BE_SMALL), out=tmp_path)

    assert done.path is not None
    assert (done.path / "train.json").read_text(encoding="utf-8").count("<UNK>") == 470


def test_citation_exports_of_the_same_items_give_the_same_titles(tmp_path: Path) -> None:
    titles = []
    for name in ("cnki_endnote_demo.txt", "cnki_refman_demo.ris"):
        done = convert_sources([str(shared(f"paper/{name}"))], convert_options(MAY_BE_SMALL), out=tmp_path, name=name)
        assert done.path is not None
        titles.append(_contents(done.path / "train.json"))

    without_blanks = [[title.replace(" ", "") for title in each] for each in titles]
    assert without_blanks[0] == without_blanks[1]
    assert len(titles[0]) == 34


def _contents(path: Path) -> list[str]:
    import json

    return [json.loads(line)["content"] for line in path.read_text(encoding="utf-8").splitlines()]


def table_line(name: str) -> str:
    """The file's line in docs/real-files.md."""
    expected = FILES[name]
    lost = {**expected.not_a_record, **expected.rejected_rows, **expected.rejected, **expected.turns}
    if expected.duplicates:
        lost["duplicates"] = expected.duplicates
    kept = expected.made - sum(expected.rejected.values()) - expected.duplicates
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in lost.items()) or "–"
    return f"| {name} | {expected.converter} | {expected.read:,} | {expected.made:,} | {kept:,} | {reasons} |"


@pytest.mark.parametrize("name", FILES)
def test_the_page_on_real_files_says_the_same(name: str) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "real-files.md").read_text(encoding="utf-8")

    assert table_line(name) in page
