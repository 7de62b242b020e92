"""Where a record, a rejected row or a duplicate came from, and what was done to it: told by the dataset folder, and
traced again through the source as long as that is what it was."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, NamedTuple, get_args

import polars as pl

from converters.registry import CONVERTERS
from pipeline.choose import choose
from pipeline.mixing.manifest import MIXED
from pipeline.mixing.mix import mixed_from
from pipeline.options import ConvertOptions
from pipeline.provenance import Place, Source, entry_line, id_of, reopen, row_of, row_of_entry, split_line
from pipeline.readers.chunk import PLACE, Chunk
from pipeline.rules.registry import RULES
from pipeline.rules.rule import RuleOptions
from pipeline.split import draw_of
from pipeline.stages import Mapped
from pipeline.trace import RecordTrace, RowTrace, trace
from schemas.dataset import SPLITS, PreparedDataset
from schemas.errors import FormatError, OptionError
from schemas.limits import LengthLimits, TokenCounter
from schemas.reasons import REASONS
from schemas.records import PAIR_COLUMNS

Part = Literal["train", "dev", "test", "rejected", "duplicates"]
_ID = re.compile(rf"({'|'.join(get_args(Part))})(?:\.jsonl?)?:(\d+)")
"""``train.json:12``, as ``prep validate`` writes it, will do as well."""
_WHOLE = 1 << 64


class Verdict(NamedTuple):
    """What one rule said."""

    rule: str
    passed: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that is known of one line of a dataset folder."""

    id: str
    place: Place
    line: Mapping[str, Any]
    """As it stands in the folder."""
    source: Source
    row: Mapping[str, Any] | None
    """The source row; null where it cannot be had."""
    traced: RowTrace | None
    record: RecordTrace | None
    """The record among those of its row."""
    verdicts: Sequence[Verdict]
    draw: int | None
    """Of its group, to be compared with the thresholds of the manifest."""
    fate: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "id": self.id,
            "place": asdict(self.place),
            "line": dict(self.line),
            "source": {"state": self.source.state, "why": self.source.why, "row": self.row},
            "record": asdict(self.record) if self.record is not None else None,
            "rules": [verdict._asdict() for verdict in self.verdicts],
            "draw": str(self.draw) if self.draw is not None else None,
            "fate": self.fate,
        }


def explain(dataset: PreparedDataset, id_: str, counter: TokenCounter | None = None) -> Explanation:
    """Explain ``train:12``, ``rejected:5`` or ``duplicates:2``; lines are counted from 1."""
    part, number = _parsed(id_, dataset)
    if MIXED in dataset.manifest and part in SPLITS:
        return _explain_mixed(dataset, part, number, counter)
    place, line = (split_line if part in SPLITS else entry_line)(dataset, part, number)
    options = _without_tokens(options_of(dataset), counter)
    source = reopen(dataset, place.file, options)
    mapped = _mapped(dataset, place.file, source, options)
    chunk, row = _row(mapped, source, place, line)
    traced = None
    if chunk is not None and mapped is not None:
        [traced] = trace(chunk, mapped, dataset.domain, options, counter, closely=place.record)
    record = next((each for each in traced.records if each.record == place.record), None) if traced else None
    draw = _draw(record, options.seed) if record is not None else None
    return Explanation(
        id=id_,
        place=place,
        line=line,
        source=source,
        row=row,
        traced=traced,
        record=record,
        verdicts=_verdicts(record, options.rules),
        draw=draw,
        fate=_fate(dataset, part, line, record, draw),
    )


def _explain_mixed(dataset: PreparedDataset, part: str, number: int, counter: TokenCounter | None) -> Explanation:
    """As the dataset explains it that the record was taken from."""
    place, line = split_line(dataset, part, number)
    original, taken = mixed_from(dataset, part, number)
    fate = f"taken from {taken} into {dataset.name} {part}:{number} by prep mix"
    if original is not None:
        found = explain(original, taken.rpartition(" ")[2], counter)
        return replace(found, id=f"{part}:{number}", fate=f"{fate}; there {found.fate}")
    source = Source(state="gone", why=f"{taken.rpartition(' ')[0]} is not there any more, or was made anew")
    return Explanation(
        id=f"{part}:{number}",
        place=place,
        line=line,
        source=source,
        row=None,
        traced=None,
        record=None,
        verdicts=(),
        draw=None,
        fate=fate,
    )


def _parsed(id_: str, dataset: PreparedDataset) -> tuple[str, int]:
    match = _ID.fullmatch(id_)
    if match is None:
        there = ", ".join(f"{split}:1 to {split}:{dataset.count(split)}" for split in SPLITS if dataset.count(split))
        raise OptionError(f"no id {id_!r}; expected a line such as {there}, or rejected:1, duplicates:1")
    return match[1], int(match[2])


def options_of(dataset: PreparedDataset) -> ConvertOptions:
    """The options that made a dataset."""
    given = {name: value for name, value in dataset.manifest["options"].items() if name != "tokenizer"}
    rules: dict[str, Any] = dict(given.pop("rules"))
    limits: dict[str, Any] = {side: LengthLimits(**rules.pop(side)) for side in ("content", "summary")}
    return ConvertOptions(rules=RuleOptions(**limits, **rules), **given)


def _without_tokens(options: ConvertOptions, counter: TokenCounter | None) -> ConvertOptions:
    """Without its tokenizer a limit in tokens cannot be checked again."""
    if options.rules.unit != "tokens" or counter is not None:
        return options
    return replace(options, rules=replace(options.rules, content=LengthLimits(), summary=LengthLimits()))


def _mapped(dataset: PreparedDataset, name: str, source: Source, options: ConvertOptions) -> Mapped | None:
    """How the table was converted; None where that cannot be said any more."""
    known = next((each for each in dataset.manifest["sources"] if each["name"] == name), None)
    if known is None:
        return None
    converter = CONVERTERS.get(known["converter"])
    if converter is not None:
        return Mapped(
            file=name, reader=known["reader"], converter=converter, mapping=known["columns"], stratify=options.stratify
        )
    try:
        return choose(source.table, options).mapped if source.table is not None else None
    except FormatError:
        return None


def _row(
    mapped: Mapped | None, source: Source, place: Place, line: Mapping[str, Any]
) -> tuple[Chunk | None, dict[str, Any] | None]:
    """The source row for the converter, and whole for a person."""
    if source.table is not None and mapped is not None:
        chunk = row_of(source.table, mapped.columns, place.row)
        whole = row_of(source.table, None, place.row)
        return chunk, _shown(whole) if whole is not None else None
    if mapped is None or line.get("raw") is None:
        return None, None
    return row_of_entry(line, mapped.columns), _as_row(line["raw"])


def _shown(chunk: Chunk) -> dict[str, Any]:
    if chunk.frame.height:
        return {name: value for name, value in chunk.frame.row(0, named=True).items() if name not in PLACE}
    return {"raw": chunk.rejected["raw"][0]}


def _as_row(raw: str) -> dict[str, Any]:
    try:
        row = json.loads(raw)
    except ValueError:
        row = None
    return row if isinstance(row, dict) else {"raw": raw}


def _verdicts(record: RecordTrace | None, options: RuleOptions) -> list[Verdict]:
    """Of the rules in their order, up to the one that rejects."""
    verdicts: list[Verdict] = []
    for reason, rule in RULES.items() if record is not None else ():
        if rule.asked(options):
            failed = record is not None and record.reason == reason
            verdicts.append(Verdict(reason, not failed, rule.about))
            if failed:
                break
    return verdicts


def _fate(
    dataset: PreparedDataset, part: str, line: Mapping[str, Any], record: RecordTrace | None, draw: int | None
) -> str:
    if part == "duplicates":
        return _repetition(dataset, line)
    if part == "rejected":
        return _rejection(dataset, line, record)
    splits = dataset.manifest["splits"]
    if splits["by"] == "time":
        return f"{part} by the newest time in its group{_times(splits)}"
    if record is None or draw is None:
        return f"{part} by {splits['by']} of its group, which is known from the source only"
    drew = f"its group {record.group!r} drew {draw / _WHOLE:.6f} with seed {splits['seed']}"
    return f"{part}: {drew}{_reading(dataset)}{_elsewhere(dataset, part, draw)}"


def _repetition(dataset: PreparedDataset, line: Mapping[str, Any]) -> str:
    kept = line["kept"]
    where = id_of(dataset, kept) or "which is in no split itself"
    place = f"{kept['file']}, row {kept['row']}, record {kept['record']}"
    if line.get("reason") == "leak":
        return f"left out as a leak: what was appended links it to {where}, which is held out: {place}"
    if line.get("similarity", 1) != 1:
        like = "a candidate" if line["similarity"] is None else f"{line['similarity']:.2f}"
        return f"near duplicate ({like}) of {where}: {place}"
    return f"equal to an earlier record, {where}: {place}"


def _times(splits: Mapping[str, Any]) -> str:
    return "".join(
        f"; from {time[:4]}-{time[4:6]}-{time[6:8]} on is {name}" for name, time in splits["thresholds"].items()
    )


def _elsewhere(dataset: PreparedDataset, part: str, draw: int) -> str:
    """Where a group does not stand at its own draw, it hangs together with one that does."""
    limits = {name: int(threshold) for name, threshold in dataset.manifest["splits"]["thresholds"].items()}
    if not limits or part == next((name for name, limit in limits.items() if draw < limit), "train"):
        return ""
    return "; it stands where the group does that it shares near duplicates or a prompt with"


def _reading(dataset: PreparedDataset) -> str:
    """How a draw becomes a split."""
    splits = dataset.manifest["splits"]
    if not splits["thresholds"]:
        stratum = dataset.manifest["options"]["stratify"]
        return f", which gives its place among those of its {stratum} ({splits['by']})"
    limits = {split: int(threshold) / _WHOLE for split, threshold in splits["thresholds"].items()}
    parts = [f"below {limit:.6f} is {split}" for split, limit in limits.items() if limit]
    return f"; {', '.join([*parts, 'the rest is train'])} ({splits['by']})"


def _rejection(dataset: PreparedDataset, line: Mapping[str, Any], record: RecordTrace | None) -> str:
    reason, detail = line["reason"], f" ({line['detail']})" if line["detail"] else ""
    fate = f"rejected at {line['stage']} as {reason}: {REASONS[reason].text}{detail}"
    others = _others(dataset, record) if record is not None and line["stage"] == "deduplicate" else []
    return f"{fate}; the prompt has its answer in {', '.join(others)}" if others else fate


def _others(dataset: PreparedDataset, record: RecordTrace, most: int = 5) -> list[str]:
    """Records of the splits with the same prompt."""
    name = PAIR_COLUMNS["prompt"] if dataset.shape == "pair" else "prompt"
    found: list[str] = []
    for split in SPLITS:
        if dataset.count(split):
            lines = pl.scan_ndjson(dataset.file(split)).with_row_index("line", offset=1)
            same = lines.filter(pl.col(name) == record.final["prompt"]).select("line").head(most).collect()
            found += [f"{split}:{line}" for line in same["line"]]
    return found[:most]


def _draw(record: RecordTrace, seed: int) -> int:
    """Where the group of a record stands in the draw, from 0 to 2^64."""
    group = pl.DataFrame({"group_hash": [record.group_hash]}, schema={"group_hash": pl.UInt64})
    return int(group.select(draw_of(seed)).item())
