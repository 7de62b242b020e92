"""The flat options of the command line and of Python callers, recipes and manifests as one ConvertOptions."""

import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipeline.options import LIMITS, ConvertOptions, flat
from pipeline.rules.rule import RuleOptions
from prep.option_types import checked
from schemas.dataset import read_manifest
from schemas.errors import OptionError
from schemas.limits import LengthLimits, TokenCounter

_SAME = {
    "min_prompt": "min_content",
    "max_prompt": "max_content",
    "min_response": "min_summary",
    "max_response": "max_summary",
}
_SIDES = ("content", "summary")
_RULES = {field.name for field in fields(RuleOptions)} - set(_SIDES)
_OWN = {field.name for field in fields(ConvertOptions)} - {"rules"}
TOKENIZER = "tokenizer"
"""The path of what counts the tokens; the pipeline gets the counter itself."""
KNOWN = (*sorted(_OWN | _RULES), *LIMITS, *_SAME, "no_clean", "no_verify", TOKENIZER)
_COUNTS = ("max_per_prompt", "sample", "limit", "max_history_turns", "max_history_chars")


def by_own_names(given_options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are given, each under its one name and with a value of its kind; so that of two mappings the
    later can override the former. Raises OptionError, with the nearest name for an unknown one."""
    named: dict[str, Any] = {}
    for given, value in given_options.items():
        name = given.replace("-", "_")
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(KNOWN))}"
            raise OptionError(f"no option {given}{hint}")
        name = _SAME.get(name, name)
        if value is None:
            continue
        if name in ("no_clean", "no_verify"):
            switched = name.removeprefix("no_")
            named[switched] = not checked(name, value, ConvertOptions, switched)
        elif name in LIMITS:
            named[name] = checked(name, value, LengthLimits, LIMITS[name][1])
        elif name == TOKENIZER:
            named[name] = checked(name, value, ConvertOptions, "join")
        else:
            named[name] = checked(name, value, RuleOptions if name in _RULES else ConvertOptions, name)
    return named


def merged(flat: Mapping[str, Any], recipe: Path | None = None, like: Path | None = None) -> dict[str, Any]:
    """The parsed options of a command over those of --recipe over those of --like."""
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


def convert_options(flat: Mapping[str, Any]) -> ConvertOptions:
    """Build and check the options; raises OptionError for those that cannot be."""
    named = by_own_names(flat)
    limits: dict[str, Any] = {side: _limits(side, named) for side in _SIDES}
    rules = RuleOptions(**limits, **{name: value for name, value in named.items() if name in _RULES})
    options = ConvertOptions(rules=rules, **{name: value for name, value in named.items() if name in _OWN})
    _check(options)
    if rules.unit == "tokens" and TOKENIZER not in named:
        raise OptionError("--unit tokens needs --tokenizer PATH")
    return options


def _limits(side: str, named: Mapping[str, Any]) -> LengthLimits:
    bounds = {bound: named[name] for name, (of, bound) in LIMITS.items() if of == side and name in named}
    for bound, value in bounds.items():
        if value < 0:
            raise OptionError(f"--{bound[:3]}-{side} {value}: expected a length, 0 or more")
    low, high = bounds.get("minimum"), bounds.get("maximum")
    if low is not None and high is not None and low > high:
        raise OptionError(f"--min-{side} {low} is above --max-{side} {high}: nothing could pass")
    return LengthLimits(**bounds)


def _check(options: ConvertOptions) -> None:
    for name, amount in (("dev", options.dev), ("test", options.test)):
        if not math.isfinite(amount) or amount < 0 or (amount >= 1 and amount != int(amount)):
            raise OptionError(f"--{name} {amount:g}: expected a share from 0 to below 1, or a whole number of records")
    if options.dev < 1 and options.test < 1 and options.dev + options.test >= 1:
        raise OptionError(f"--dev {options.dev:g} and --test {options.test:g} leave nothing to train on")
    if (options.join is None) != (options.on is None):
        raise OptionError("--join and --on belong together: --join abstracts.tsv --on patent_id")
    shares = (("max-reject-rate", options.max_reject_rate), ("min-chinese", options.rules.min_chinese))
    for name, share in shares:
        if share is not None and not 0 <= share <= 1:
            raise OptionError(f"--{name} {share:g}: expected a share from 0 to 1")
    if options.near_dedup is not None and not 0.3 <= options.near_dedup <= 1:
        raise OptionError(f"--near-dedup {options.near_dedup:g}: expected a Jaccard similarity from 0.3 to 1, e.g. 0.8")
    _check_split_by(options)
    for name in _COUNTS:
        value = getattr(options, name)
        if value is not None and value < (0 if name.startswith("max_history") else 1):
            raise OptionError(f"--{name.replace('_', '-')} {value}: expected a positive whole number")


def _check_split_by(options: ConvertOptions) -> None:
    if options.split_by is None:
        return
    if options.split_by != "file" and (not options.split_by.startswith("time:") or options.split_by == "time:"):
        raise OptionError(f"--split-by {options.split_by}: expected file or time:COLUMN, e.g. time:公开日")
    if options.stratify is not None:
        what = "files are" if options.split_by == "file" else "a cut by time is"
        raise OptionError(f"--split-by and --stratify exclude each other: {what} not spread evenly")


def token_counter(flat: Mapping[str, Any]) -> TokenCounter | None:
    """What ``--tokenizer`` names, where the lengths are counted in its tokens."""
    named = by_own_names(flat)
    if named.get("unit") != "tokens":
        return None
    from prep.cli.tokenizer import load_counter

    counter: TokenCounter = load_counter(Path(named[TOKENIZER]))
    return counter


def options_of_manifest(folder: Path) -> dict[str, Any]:
    """``--like data/patent``: the options that made another dataset, flat."""
    return by_own_names(flat(read_manifest(folder)["options"]))


def options_of_recipe(path: Path) -> dict[str, Any]:
    """``--recipe convert.yaml``: option names with their values."""
    import yaml

    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OptionError(f"{path}: cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if isinstance(recipe, dict) and True in recipe:  # YAML reads the name of the option --on as a truth value
        recipe["on"] = recipe.pop(True)
    if not isinstance(recipe, dict) or not all(isinstance(name, str) for name in recipe):
        raise OptionError(f"{path}: expected options and their values, e.g. max_content: 32; found {_shown(recipe)}")
    try:
        return by_own_names(recipe)
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from None


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:60]
