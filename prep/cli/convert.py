"""``prep convert``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from prep.cli.command import Everyday, rare
from prep.cli.funnel import funnel_lines
from prep.cli.progress import Bar
from schemas.errors import OptionError
from schemas.records import DOMAINS


class _Amount(click.ParamType[float]):
    name = "SHARE|COUNT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is no number; expected a share such as 0.05 or a count such as 500", param, ctx)


class _Mapping(click.ParamType[tuple[str, str]]):
    name = "NAME=COLUMN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        name, equals, column = str(value).partition("=")
        if not equals or not column:
            self.fail(f"{value!r}; expected NAME=COLUMN, e.g. content=标题", param, ctx)
        return name.strip(), column.strip()


@click.command(cls=Everyday)
@click.argument("sources", nargs=-1, required=True)
@click.option("--domain", type=click.Choice(DOMAINS), help="Default: found from columns and content.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("data"), show_default=True, help="Parent folder.")
@click.option("--name", help="Name of the dataset.  [default: the domain]")
@click.option("--map", "map_", type=_Mapping(), multiple=True, help="content=标题 summary=摘要: name the columns.")
@click.option("--direction", type=click.Choice(["forward", "reverse"]), help="reverse: abstract -> title.")
@click.option("--min-content", "--min-prompt", type=int, help="Shortest content.")
@click.option("--max-content", "--max-prompt", type=int, help="Longest content.")
@click.option("--min-summary", "--min-response", type=int, help="Shortest summary.")
@click.option("--max-summary", "--max-response", type=int, help="Longest summary.")
@click.option("--unit", type=click.Choice(["chars", "words", "tokens"]), help="Of the lengths.  [default: chars]")
@click.option("--dev", type=_Amount(), help="Share or count held out for choosing.  [default: 0.05]")
@click.option("--test", type=_Amount(), help="Share or count held out for judging.  [default: 0.05]")
@click.option("--seed", type=int, help="Of splits and samples.  [default: 42]")
@click.option("--sample", type=int, help="Keep so many records, drawn with the seed.")
@click.option("--no-clean", is_flag=True, help="Leave the texts as they are.")
@click.option("--recipe", type=click.Path(path_type=Path), help="YAML file of options; the command line wins.")
@click.option("--overwrite", is_flag=True, help="Replace a dataset of the same name.")
@click.option("--dry-run", is_flag=True, help="Show the funnel, write nothing.")
@click.option("--limit", type=int, help="Only the first rows of every source; writes nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and nothing else.")
@rare("--like", type=click.Path(path_type=Path), help="Options of another dataset, e.g. data/patent.")
@rare("--format", help="A converter by name, e.g. patent/bdci, instead of finding one.")
@rare("--shape", type=click.Choice(["auto", "pair", "chat"]), help="content/summary or prompt/response/history.")
@rare("--tokenizer", type=click.Path(path_type=Path), help="Counts the tokens of --unit tokens.")
@rare("--encoding", help="Instead of finding it: utf-8, gb18030, utf-16-le …")
@rare("--table", help="A table of a database, a sheet of a workbook.")
@rare("--join", help="Another file with missing columns.")
@rare("--on", help="The column that both files have.")
@rare("--turns", type=click.Choice(["all", "last"]), help="Records of a dialogue: for every answer, or the last.")
@rare("--statutes", is_flag=True, help="legal: put the cited statutes in front of the question.")
@rare("--max-history-turns", type=int, help="Keep so many of the newest turns.")
@rare("--max-history-chars", type=int, help="Keep the newest whole turns that fit.")
@rare("--width", is_flag=True, help="Half-width letters and digits, full-width Chinese punctuation.")
@rare("--nfkc", is_flag=True, help="Unicode NFKC.")
@rare("--simplified", is_flag=True, help="Traditional to simplified Chinese.")
@rare("--min-chinese", type=float, help="Smallest share of Chinese characters among the letters.")
@rare("--drop-refusals", is_flag=True, help="Answers that refuse: 作为…语言模型.")
@rare("--drop-counter-questions", is_flag=True, help="Answers that only ask back.")
@rare("--drop-front-matter", is_flag=True, help="Calls for papers, tables of contents.")
@rare("--pii", type=click.Choice(["keep", "mask", "drop"]), help="Mobile numbers, e-mail, ID cards.")
@rare("--conflicts", type=click.Choice(["keep", "first", "drop"]), help="Several answers to one prompt.")
@rare("--max-per-prompt", type=int, help="At most so many answers to one prompt.")
@rare("--stratify", help="Spread the values of this column evenly over the splits.")
@rare("--max-reject-rate", type=float, help="Exit with 2 above it.  [default: 0.5]")
def convert(
    *,
    sources: tuple[str, ...],
    out: Path,
    name: str | None,
    recipe: Path | None,
    like: Path | None,
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
    **flat: Any,
) -> None:
    """Turn SOURCES (files, folders, globs, archives, - or hf::name) into a dataset.

    \b
    prep convert patents.csv
    prep convert crawl.json.gz --domain encyclopedia --max-summary 512
    """
    from pipeline.convert import convert_sources
    from prep.options import convert_options, token_counter

    given = _merged(flat, recipe, like)
    done = convert_sources(
        sources,
        convert_options(given),
        out=out,
        name=name,
        overwrite=overwrite,
        dry_run=dry_run,
        progress=None if as_json else Bar(),
        counter=token_counter(given),
    )
    if as_json:
        click.echo(json.dumps(done.manifest, ensure_ascii=False, indent=2))
        return
    _show(done)


def _merged(flat: dict[str, Any], recipe: Path | None, like: Path | None) -> dict[str, Any]:
    """Defaults, then --like, then --recipe, then the command line."""
    from prep.options import by_own_names, options_of_manifest, options_of_recipe

    given = {key.rstrip("_"): value for key, value in flat.items() if value not in (None, ()) and value is not False}
    if "map" in given:
        given["map"] = _named_once(given["map"])
    base = options_of_manifest(like) if like is not None else {}
    return {**base, **(options_of_recipe(recipe) if recipe is not None else {}), **by_own_names(given)}


def _named_once(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for name, column in pairs:
        if name in mapping:
            raise OptionError(f"--map {name}={column}: {name} is {mapping[name]} already; expected one column for it")
        mapping[name] = column
    return mapping


def _show(done: Any) -> None:
    for choice in done.choices:
        table, mapped = choice.table, choice.mapped
        columns = ", ".join(f"{own} = {source}" for own, source in mapped.mapping.items())
        encoding = f", {table.encoding}" if table.encoding else ""
        click.echo(f"{table.name}: {mapped.converter.name} ({table.reader}{encoding}; {columns})")
    for passed, why in done.passed_over:
        click.echo(f"{passed}: not converted: {why}")
    for line in funnel_lines(done.manifest):
        click.echo(line)
    if done.unchanged:
        click.echo(f"{done.path}: unchanged, made from the same sources with the same options")
    elif done.path is not None:
        click.echo(f"{done.path}: written; next: prep stats {done.path}")
    else:
        click.echo("nothing was written")
