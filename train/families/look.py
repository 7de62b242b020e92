"""What is known of one model before it is loaded: its family, how it is asked, what a tuning would change."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from schemas.errors import ModelError, OptionError
from train.families.family import Family
from train.families.registry import FAMILIES, family_of, released
from train.families.tested import TESTED
from train.models.locate import locate

_DIALOGUE = [["{question}", "{answer}"]]


def look_at(name: str) -> dict[str, str]:
    """Facts about a model, as they are shown; raises a PrepError where there is none, or none that we know."""
    known = released(name)
    try:
        folder = locate(name, need_weights=False)
    except ModelError:
        if name in FAMILIES:
            these = ", ".join(FAMILIES[name].released) or "a folder, or a name of the hub"
            raise OptionError(f"{name}: a family of models; look at one of it: {these}") from None
        if known is None:
            raise
        family, fields = known
        return {"model": f"{name}, not on this machine", **_about(family), **_structure(family, fields)}
    family = family_of(folder)
    return {"model": str(folder), **_about(family), **_structure(family, _fields(folder)), **_asked(family, folder)}


def _fields(folder: Path) -> dict[str, Any]:
    from train.base import find_base

    return dict(find_base(str(folder), need_weights=False).fields)


def _about(family: Family) -> dict[str, str]:
    return {"family": f"{family.name}: {family.about}", "tested": TESTED[family.name]}


def _structure(family: Family, fields: Any) -> dict[str, str]:
    model = family.skeleton(**fields)
    config: Any = model.config
    size = sum(parameter.numel() for parameter in model.parameters())
    is_reached = hasattr(model, "add_prefix") or getattr(model, "_supports_attention_backend", False)
    return {
        "size": f"{size:,} parameters, {config.num_hidden_layers} layers x {config.hidden_size}, vocabulary "
        f"{config.vocab_size:,}",
        "lora": f"{', '.join(family.targets(model))}; with lora_target all: {', '.join(family.all_targets(model))}",
        "methods": "all" if is_reached else "all but p_tuning_v2 and prefix_tuning, which its attention does not take",
    }


def _asked(family: Family, folder: Path) -> dict[str, str]:
    tokenizer = family.load_tokenizer(folder)
    try:
        form = family.form(tokenizer)
    except OptionError as error:
        return {"asked": str(error)}
    return {"asked": "".join(_prompt(family, tokenizer)), "ends": _token(tokenizer, form.end)}


def _prompt(family: Family, tokenizer: Any) -> Iterator[str]:
    from train.encoding.examples import Dialogue

    [ids] = family.form(tokenizer).sources([Dialogue("{question}", _DIALOGUE)])
    yield str(tokenizer.decode(ids)).replace("\n", "\\n")


def _token(tokenizer: Any, token: int) -> str:
    return f"{tokenizer.convert_ids_to_tokens(token) or token} ({token})"
