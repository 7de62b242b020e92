"""Which converter reads a table: found from columns and content, or as the user says; refused with what would help."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from converters.converter import Column, Converter, Options
from converters.detect import Match, find_columns, matches, normal
from converters.registry import CONVERTERS
from pipeline.options import ConvertOptions, time_column
from pipeline.readers.chunk import Table
from pipeline.stages import Mapped
from schemas.errors import FormatError, OptionError
from schemas.records import DOMAINS, HISTORY, Domain

_TITLES = Column(aliases=("title", "标题", "名称", "专利名称", "题名", "name", "patent_title", "发明名称", "question"))
_SHOWN_COLUMNS = 12
_SHOWN_CHARS = 12


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
    found = _as_before(table, options) or matches(table.columns, table.sample, _candidates(options))
    if not found:
        found = matches(table.columns, table.sample, _without_hints(options))
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


def _as_before(table: Table, options: ConvertOptions) -> list[Match]:
    """A replayed row is read by the converter that read it before, unless another is asked for."""
    if table.converter is None or table.converter not in CONVERTERS or options.format is not None:
        return []
    return matches(table.columns, table.sample, [replace(CONVERTERS[table.converter], hints=None)])


def _candidates(options: ConvertOptions) -> Iterable[Converter]:
    if options.format is not None:
        if options.format not in CONVERTERS:
            raise OptionError(f"no format {options.format!r}; {_near(options.format)}")
        return (CONVERTERS[options.format],)
    if options.domain is None:
        return CONVERTERS.values()
    return [converter for converter in CONVERTERS.values() if converter.domain in (options.domain, "instruct")]


def _without_hints(options: ConvertOptions) -> list[Converter]:
    """Whoever names the domain or the format knows it: hints of the domain's words are not asked for any more where two
    columns are known by their names. What stands in columns without names, only hints can tell."""
    if options.domain is None and options.format is None:
        return []
    return [
        replace(converter, hints=None)
        for converter in _candidates(options)
        if options.domain in (None, converter.domain) and sum(map(_is_known_by_name, converter.columns.values())) > 1
    ]


def _is_known_by_name(column: Column) -> bool:
    return column.required and not any(alias.isdigit() for alias in column.aliases)


def _mapped(table: Table, match: Match, options: ConvertOptions) -> Mapped:
    for option, column in (("--stratify", options.stratify), ("--split-by time:", time_column(options))):
        if column is not None and column not in table.columns:
            asked = f"{option}{'' if option.endswith(':') else ' '}{column}"
            raise OptionError(f"{table.name}: {asked}: no such column; found {_columns(table)}")
    return Mapped(
        file=table.name,
        reader=table.reader,
        converter=match.converter,
        mapping=match.mapping,
        stratify=options.stratify,
        time=time_column(options),
    )


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


def _near(name: str) -> str:
    """The formats that may have been meant: ``bdci`` is ``patent/bdci``."""
    close = [known for known in CONVERTERS if known.rpartition("/")[2] == name.rpartition("/")[2]]
    close = close or difflib.get_close_matches(name, CONVERTERS, n=3)
    return f"did you mean {' or '.join(close)}?" if close else "prep inspect --formats lists them"


def _refusal(table: Table, options: ConvertOptions) -> str:
    if not table.columns:
        return f"{table.name}: no row in it that can be read; expected rows with columns"
    kind = "no converter knows these columns"
    if options.format or options.domain:
        kind = f"not {options.format}" if options.format else f"not a {options.domain} source"
    return f"{table.name}: {kind}; found {_columns(table)}; {_help(table, options)}"


def _help(table: Table, options: ConvertOptions) -> str:
    known = matches(table.columns, table.sample, CONVERTERS.values())
    if known:
        best = known[0].converter
        return f"they are those of {best.name}: leave out --{'format' if options.format else 'domain'}, or name " + (
            "the columns with --map content=COLUMN --map summary=COLUMN"
        )
    mapped = "name them with --map content=COLUMN --map summary=COLUMN"
    if options.encoding is not None:
        mapped += f"; if they look wrong, leave out --encoding {options.encoding}"
    title = find_columns(table.columns, {"title": _TITLES}).get("title")
    if title is None:
        return mapped
    return (
        f"there is a title ({title}) but no abstract or answer: add it from another file with "
        f"--join FILE --on COLUMN, or {mapped}"
    )


def _columns(table: Table) -> str:
    shown = [_column(table, column) for column in table.columns[:_SHOWN_COLUMNS]]
    return ", ".join(shown) + (" …" if len(table.columns) > _SHOWN_COLUMNS else "") if shown else "no columns"


def _column(table: Table, name: str) -> str:
    """A column without a name of its own is shown with its first value."""
    if name and not name.isdigit():
        return name
    value = next((" ".join(str(row[name]).split()) for row in table.sample if row.get(name)), "empty")
    return f"{name or 'no name'} ({value[:_SHOWN_CHARS]}{'…' if len(value) > _SHOWN_CHARS else ''})"


def one_domain(choices: Mapping[str, Choice], options: ConvertOptions) -> Domain:
    """The domain of the dataset: what the user says, else the one that all sources have in common."""
    if options.domain is not None:
        return options.domain
    domains = {choice.mapped.converter.domain: name for name, choice in choices.items()}
    if len(domains) > 1:
        examples = ", ".join(f"{name} is {domain}" for domain, name in sorted(domains.items()))
        raise FormatError(f"the sources are of different domains: {examples}; convert them one by one or say --domain")
    return next(iter(domains))
