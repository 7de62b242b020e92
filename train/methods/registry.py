"""Every tuning method, in plain sight; a new one is a file beside this and a line here."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from schemas.errors import OptionError
from train.methods.adapter import ADAPTER
from train.methods.adapter_fusion import ADAPTER_FUSION
from train.methods.freeze import FREEZE
from train.methods.full import FULL
from train.methods.lora import LORA
from train.methods.lst import LST
from train.methods.method import Method, Settings
from train.methods.p_tuning import P_TUNING
from train.methods.p_tuning_v2 import P_TUNING_V2
from train.methods.prefix_tuning import PREFIX_TUNING
from train.methods.prompt_tuning import PROMPT_TUNING
from train.methods.settings import checked

METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        P_TUNING_V2,
        PREFIX_TUNING,
        P_TUNING,
        PROMPT_TUNING,
        LORA,
        ADAPTER,
        ADAPTER_FUSION,
        LST,
        FREEZE,
        FULL,
    )
}


def method_of(name: str) -> Method:
    """The method of a name or an alias; raises OptionError where there is none."""
    wanted = name.lower().replace("-", "_")
    aliases = {alias.replace("-", "_"): method for method in METHODS.values() for alias in method.aliases}
    if found := METHODS.get(wanted) or aliases.get(wanted):
        return found
    close = get_close_matches(wanted, [*METHODS, *aliases], n=2)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise OptionError(f"no method {name!r}; {hint}choose one of: {', '.join(sorted(METHODS))}")


def settings_of(method: Method, values: Mapping[str, Any]) -> Settings:
    """A method's settings; raises OptionError that tells every unknown name and every value of another type."""
    return checked(method.settings, values, whose=f"method {method.name}")
