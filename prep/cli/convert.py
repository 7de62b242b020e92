"""``prep convert``."""

import json
import os
from pathlib import Path
from typing import Any, Literal

import click

from prep.cli.command import Everyday, rare
from prep.cli.funnel import funnel_lines
from prep.cli.progress import Bar
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


MAPPING = _Mapping()
"""``--map content=标题``, once for every side."""


@click.command(cls=Everyday)
@click.argument("sources", nargs=-1, required=True)
@click.option("--domain", type=click.Choice(DOMAINS), help="[default: found from columns and content]")
@click.option("--out", metavar="PATH", default="data", show_default=True, help="Parent folder, or a URL: s3://…")
@click.option("--name", help="Name of the dataset.  [default: the domain]")
@click.option("--map", "map_", type=MAPPING, multiple=True, help="content=标题 summary=摘要: name the columns.")
@click.option(
    "--direction", type=click.Choice(["forward", "reverse"]), help="reverse swaps the sides.  [default: forward]"
)
@click.option("--min-content", "--min-prompt", type=int, metavar="N", help="Shortest content.")
@click.option("--max-content", "--max-prompt", type=int, metavar="N", help="Longest content.")
@click.option("--min-summary", "--min-response", type=int, metavar="N", help="Shortest summary.")
@click.option("--max-summary", "--max-response", type=int, metavar="N", help="Longest summary.")
@click.option("--unit", type=click.Choice(["chars", "words", "tokens"]), help="Of the lengths.  [default: chars]")
@click.option("--dev", type=_Amount(), help="Held out for choosing.  [default: 0.05]")
@click.option("--test", type=_Amount(), help="Held out for judging.  [default: 0.05]")
@click.option("--seed", type=int, metavar="N", help="Of splits and samples.  [default: 42]")
@click.option("--sample", type=int, metavar="N", help="Keep N records, drawn with the seed.")
@click.option("--near-dedup", type=float, metavar="SHARE", help="Leave out near duplicates, e.g. 0.8.")
@click.option("--no-clean", is_flag=True, help="Leave the texts as they are.")
@click.option("--recipe", type=click.Path(path_type=Path), help="YAML file of options; the command line wins.")
@click.option("--overwrite", is_flag=True, help="Replace a dataset of the same name.")
@click.option("--append", is_flag=True, help="Add SOURCES to the dataset of this name.")
@click.option("--resume", is_flag=True, help="Go on where a run was broken off; keep what this one finishes.")
@click.option("--dry-run", is_flag=True, help="Show the funnel, write nothing.")
@click.option("--limit", type=int, metavar="N", help="Only N rows of every source; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and nothing else.")
@rare("--like", type=click.Path(path_type=Path), help="Options of another dataset, e.g. data/patent.")
@rare("--format", metavar="NAME", help="A converter by name, e.g. patent/bdci, instead of finding one.")
@rare(
    "--shape",
    type=click.Choice(["auto", "pair", "chat"]),
    help="content/summary or prompt/response/history.  [default: auto]",
)
@rare("--tokenizer", type=click.Path(path_type=Path), help="Counts the tokens of --unit tokens.")
@rare("--encoding", metavar="NAME", help="Instead of finding it: utf-8, gb18030, utf-16-le …")
@rare("--table", metavar="NAME", help="A table of a database, a sheet of a workbook.")
@rare("--join", metavar="FILE", help="Another file with missing columns.")
@rare("--on", metavar="COLUMN", help="The column that both files have.")
@rare(
    "--turns",
    type=click.Choice(["all", "last"]),
    help="Records of a dialogue: for every answer, or the last.  [default: all]",
)
@rare("--statutes", is_flag=True, help="legal: put the cited statutes in front of the question.")
@rare("--max-history-turns", type=int, metavar="N", help="Keep the newest N turns.")
@rare("--max-history-chars", type=int, metavar="N", help="Keep the newest whole turns that fit into N.")
@rare("--width", is_flag=True, help="Half-width letters and digits, full-width Chinese punctuation.")
@rare("--nfkc", is_flag=True, help="Unicode NFKC.")
@rare("--simplified", is_flag=True, help="Traditional to simplified Chinese.")
@rare("--min-chinese", type=float, metavar="SHARE", help="Smallest share of Chinese characters among the letters.")
@rare("--drop-refusals", is_flag=True, help="Answers that refuse: 作为…语言模型.")
@rare("--drop-counter-questions", is_flag=True, help="Answers that only ask back.")
@rare("--drop-front-matter", is_flag=True, help="Calls for papers, tables of contents.")
@rare("--pii", type=click.Choice(["keep", "mask", "drop"]), help="Mobile numbers, e-mail, ID cards.  [default: keep]")
@rare(
    "--conflicts", type=click.Choice(["keep", "first", "drop"]), help="Several answers to one prompt.  [default: keep]"
)
@rare("--max-per-prompt", type=int, metavar="N", help="At most N answers to one prompt.")
@rare(
    "--near-dedup-on",
    type=click.Choice(["both", "prompt", "response"]),
    help="What near duplicates have in common.  [default: both]",
)
@rare("--no-verify", is_flag=True, help="Leave out candidates without computing their similarity.")
@rare("--against", metavar="FILE", multiple=True, help="Leave out what stands in this dataset; may be repeated.")
@rare("--split-by", metavar="time:COLUMN|file", help="Hold out the newest records, or what the files' names say.")
@rare("--stratify", metavar="COLUMN", help="Spread the values of this column evenly over the splits.")
@rare("--engine", type=click.Choice(["local", "ray"]), default="local", help="ray: on a cluster.  [default: local]")
@rare("--ray-address", metavar="HOST:PORT", help="Of a running cluster.  [default: one is started on this machine]")
@rare("--work", type=click.Path(path_type=Path), help="Where a dataset for a URL is made.  [default: TMPDIR]")
@rare("--one-file", is_flag=True, help="--engine ray: every split in one file, not in a folder of parts.")
@rare("--memory", metavar="SIZE", help="Hashes and signatures past it go to disk, e.g. 2G.  [default: 128M]")
@rare("--max-reject-rate", type=float, metavar="SHARE", help="Exit with 2 above it.  [default: 0.5]")
def convert(
    *,
    sources: tuple[str, ...],
    out: str,
    name: str | None,
    recipe: Path | None,
    like: Path | None,
    overwrite: bool,
    append: bool,
    resume: bool,
    dry_run: bool,
    as_json: bool,
    engine: Literal["local", "ray"],
    ray_address: str | None,
    one_file: bool,
    work: Path | None,
    memory: str | None,
    **flat: Any,
) -> None:
    """Turn SOURCES (files, folders, globs, archives, - or hf::name) into a dataset.

    \b
    prep convert patents.csv
    prep convert crawl.json.gz --domain encyclopedia --max-summary 512
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's threads would spin: nothing here multiplies matrices
    from pipeline.elsewhere import convert_to
    from pipeline.engine.chosen import chosen
    from pipeline.spill import MEMORY
    from prep.appending import options_to_append
    from prep.options import convert_options, merged, token_counter
    from prep.sizes import bytes_of

    given = merged(flat, recipe, like)
    if append:
        given, name = options_to_append(sources, given, out, name)
    with chosen(engine, ray_address, one_file=one_file) as where:
        done = convert_to(
            out,
            sources,
            convert_options(given),
            work=work,
            name=name,
            overwrite=overwrite,
            dry_run=dry_run,
            resume=resume,
            append=append,
            memory=MEMORY if memory is None else bytes_of("memory", memory),
            progress=None if as_json else Bar(),
            counter=token_counter(given),
            engine=where,
        )
    if as_json:
        click.echo(json.dumps(done.manifest, ensure_ascii=False, indent=2))
        return
    _show(done)


def _show(done: Any) -> None:
    for choice in done.choices:
        table, mapped = choice.table, choice.mapped
        wanted = mapped.converter.columns
        columns = ", ".join(f"{own} = {source}" for own, source in mapped.mapping.items() if wanted[own].required)
        encoding = f", {table.encoding}" if table.encoding else ""
        other = (
            "" if mapped.converter.domain == done.manifest["domain"] else f", no format of {done.manifest['domain']}"
        )
        click.echo(f"{table.name}: {mapped.converter.name}{other} ({table.reader}{encoding}; {columns})")
    for passed, why in done.passed_over:
        click.echo(f"{passed}: not converted: {why}")
    if done.resumed:
        click.echo(f"resumed: {done.resumed:,} part{'' if done.resumed == 1 else 's'} had been finished before")
    for line in funnel_lines(done.manifest):
        click.echo(line)
    if done.unchanged:
        has_grown = "appended" in done.manifest
        same = "these sources were added last" if has_grown else "made from the same sources with the same options"
        click.echo(f"{done.path}: unchanged, {same}")
    elif done.place is not None:
        click.echo(f"{done.place}: written")
    elif done.path is not None:
        click.echo(f"{done.path}: written; next: prep stats {done.path}")
    else:
        click.echo("nothing was written")
