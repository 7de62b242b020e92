"""Which converter reads a table: found from columns and content, or as the user says; refused with what would help."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from converters.converter import Column, Converter, Options
from converters.detect import Match, find_columns, matches, normal
from converters.registry import CONVERTERS
from pipeline.options import ConvertOptions
from pipeline.part import Mapped
from pipeline.readers.chunk import Table
from schemas.errors import FormatError, OptionError
from schemas.records import DOMAINS, HISTORY, Domain

_TITLES = Column(aliases=("title", "标题", "名称", "专利名称", "题名", "name", "patent_title", "发明名称", "question"))
_SHOWN_COLUMNS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The converter for a table, and why."""

    table: Table
    mapped: Mapped
    unverified: tuple[str, ...] = ()
    alternatives: tuple[str, ...] = ()
    """Other converters that understand the table as well."""


def choose(table: Table, options: ConvertOptions) -> Choice:
    """Find the converter; raises FormatError with the columns that were found and what would help."""
    if options.map:
        return _as_mapped(table, options)
    candidates = _candidates(options)
    found = matches(table.columns, table.sample, candidates)
    if not found:
        raise FormatError(_refusal(table, options))
    best = found[0]
    rivals = [match for match in found[1:] if match.score == best.score]
    if options.domain is None and any(match.converter.domain != best.converter.domain for match in rivals):
        domains = sorted({match.converter.domain for match in (best, *rivals)})
        raise FormatError(
            f"{table.name}: could be {' or '.join(domains)} by its columns {_columns(table)}; "
            f"say which with --domain {'|'.join(domains)}"
        )
    return Choice(
        table=table,
        mapped=_mapped(table, best, options),
        unverified=best.unverified,
        alternatives=tuple(match.converter.name for match in found[1:]),
    )


def _candidates(options: ConvertOptions) -> Iterable[Converter]:
    if options.format is not None:
        if options.format not in CONVERTERS:
            raise OptionError(f"no format {options.format!r}; choose one of: {', '.join(CONVERTERS)}")
        return (CONVERTERS[options.format],)
    if options.domain is None:
        return CONVERTERS.values()
    return [converter for converter in CONVERTERS.values() if converter.domain in (options.domain, "instruct")]


def _mapped(table: Table, match: Match, options: ConvertOptions) -> Mapped:
    if options.stratify is not None and options.stratify not in table.columns:
        raise OptionError(f"{table.name}: --stratify {options.stratify}: no such column; found {_columns(table)}")
    return Mapped(file=table.name, converter=match.converter, mapping=match.mapping, stratify=options.stratify)


def _as_mapped(table: Table, options: ConvertOptions) -> Choice:
    """``--map content=标题 --map summary=摘要``: a converter made for this run."""
    aliases = {"prompt": "content", "response": "summary"}
    wanted = {aliases.get(name, name): source for name, source in options.map.items()}
    unknown = sorted(set(wanted) - {"content", "summary", "history", "group"})
    if unknown:
        raise OptionError(f"--map {unknown[0]}=…: expected content, summary, history or group")
    missing = [name for name in ("content", "summary") if name not in wanted]
    if missing:
        raise OptionError(f"--map: {' and '.join(missing)} not given; expected --map content=… --map summary=…")
    present = {normal(column): column for column in table.columns}
    for source in wanted.values():
        if normal(source) not in present:
            raise FormatError(f"{table.name}: --map names the column {source!r}; found {_columns(table)}")
    domain = options.domain or _guess_domain(table)
    columns = {
        name: Column(aliases=(source,), dtype=HISTORY if name == "history" else pl.String())
        for name, source in wanted.items()
    }
    converter = Converter(
        domain=domain, format="mapped", about="columns named with --map", columns=columns, records=_mapped_records
    )
    mapping = {name: present[normal(source)] for name, source in wanted.items()}
    match = Match(converter=converter, mapping=mapping, share=1.0)
    return Choice(table=table, mapped=_mapped(table, match, options))


def _mapped_records(rows: pl.LazyFrame, _: Options) -> pl.LazyFrame:
    names = {"content": "prompt", "summary": "response"}
    present = rows.collect_schema().names()
    return rows.select(pl.col(name).alias(names.get(name, name)) for name in present if not name.startswith("__"))


def _guess_domain(table: Table) -> Domain:
    found = matches(table.columns, table.sample, CONVERTERS.values())
    domains = {match.converter.domain for match in found}
    if len(domains) == 1:
        return domains.pop()
    raise OptionError(f"{table.name}: --map needs --domain {'|'.join(DOMAINS)} with it")


def _refusal(table: Table, options: ConvertOptions) -> str:
    kind = f"not a {options.domain} source" if options.domain else "no converter knows these columns"
    help_ = "name them with --map content=COLUMN --map summary=COLUMN"
    title = find_columns(table.columns, {"title": _TITLES}).get("title")
    if title is not None:
        help_ = (
            f"there is a title ({title}) but no abstract or answer: add it from another file with "
            f"--join FILE --on COLUMN, or {help_}"
        )
    return f"{table.name}: {kind}; found {_columns(table)}; {help_}"


def _columns(table: Table) -> str:
    shown = [column if column else "(no name)" for column in table.columns[:_SHOWN_COLUMNS]]
    return ", ".join(shown) + (" …" if len(table.columns) > _SHOWN_COLUMNS else "") if shown else "no columns"


def one_domain(choices: Mapping[str, Choice], options: ConvertOptions) -> Domain:
    """The domain of the dataset: what the user says, else the one that all sources have in common."""
    if options.domain is not None:
        return options.domain
    domains = {choice.mapped.converter.domain: name for name, choice in choices.items()}
    if len(domains) > 1:
        examples = ", ".join(f"{name} is {domain}" for domain, name in sorted(domains.items()))
        raise FormatError(f"the sources are of different domains: {examples}; convert them one by one or say --domain")
    return next(iter(domains))
