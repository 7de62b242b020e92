"""An adapter that names its base, so that ``AutoPeftModelForCausalLM`` loads both."""

import json
import shutil
from pathlib import Path

from peft import PrefixTuningConfig, TaskType
from safetensors.torch import save_file

from schemas.errors import OptionError
from train.export.form import NATIVE, Form, Tuned
from train.export.prefix_weights import PEFT as PREFIXES
from train.export.prefix_weights import plain_rows, prefix_weights, require_prefix
from train.methods.through_peft import CONFIG, OLD_WEIGHTS, WEIGHTS


def _write(tuned: Tuned, folder: Path) -> list[str]:
    if (tuned.adapter / CONFIG).is_file():
        _copy(tuned, folder)
    elif tuned.method == "p_tuning_v2":
        _write_prefix(tuned, folder)
    else:
        raise OptionError(f"--to peft: {tuned.method} is no method of peft; use --to merged where it can be merged")
    native = ["import prep.models  # our own classes for its base"] if tuned.family in NATIVE else []
    return [*native, f'AutoPeftModelForCausalLM.from_pretrained("{tuned.target}")']


def _copy(tuned: Tuned, folder: Path) -> None:
    config = json.loads((tuned.adapter / CONFIG).read_text(encoding="utf-8"))
    config |= {"base_model_name_or_path": base_name(tuned), "task_type": "CAUSAL_LM"}
    for name in (WEIGHTS, OLD_WEIGHTS):
        if (tuned.adapter / name).is_file():
            shutil.copyfile(tuned.adapter / name, folder / name)
    (folder / CONFIG).write_text(json.dumps(config, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _write_prefix(tuned: Tuned, folder: Path) -> None:
    """As peft's PrefixTuning, whose numbers lie as the official ones do; an MLP is folded away."""
    require_prefix(tuned, "peft", PREFIXES)
    rows, fields = plain_rows(prefix_weights(tuned.adapter)), tuned.found.base.fields
    layers = fields.get("num_layers") or fields["num_hidden_layers"]
    heads = fields.get("multi_query_group_num") or fields["num_attention_heads"]
    config = PrefixTuningConfig(
        task_type=TaskType.CAUSAL_LM,
        base_model_name_or_path=base_name(tuned),
        num_virtual_tokens=len(rows),
        token_dim=rows.shape[1] // (2 * layers),
        num_layers=layers,
        num_attention_heads=heads,
        num_transformer_submodules=1,
        inference_mode=True,
    )
    save_file({"prompt_embeddings": rows.contiguous()}, folder / WEIGHTS, metadata={"format": "pt"})
    config.save_pretrained(str(folder))


def base_name(tuned: Tuned) -> str:
    """A name on a hub as it is; what lies on this machine by its whole path."""
    name, folder = tuned.found.base.name, tuned.found.base.folder
    is_on_hub = "/" in name and not Path(name).exists()
    return name if is_on_hub or folder is None else str(folder.resolve())


PEFT = Form(name="peft", about="an adapter for peft that names its base", write=_write)
