"""Names of transformers 4.27-4.30 and of the official scripts that current transformers, or we, have no use for.

``SAME`` in names.py holds what merely has another name with us. A test holds the complete lists of both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Becomes = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """What a name was, and what happens where a recipe still has it."""

    hint: Any = str
    becomes: Becomes | None = None
    """Keys of today; none where the value asks for nothing. Without it the name is ignored, aloud."""
    why: str
    """Of the note; or what it is now."""


def renamed(name: str, hint: Any = str) -> Gone:
    """The same under another name."""
    return Gone(hint=hint, becomes=lambda value: {name: value}, why=f"is {name} now")


def where_true(key: str, value: Any) -> Gone:
    """A switch that is a value of another key."""
    return Gone(hint=bool, becomes=lambda on: {key: value} if on else {}, why=f"is {key}: {value} now")


def where_given(key: str, value: Becomes, hint: Any) -> Gone:
    """A value that says nothing where it is 0 or empty."""
    return Gone(hint=hint, becomes=lambda given: value(given) if given else {}, why=f"is {key} now")


def ignored(why: str) -> Gone:
    """Any value."""
    return Gone(hint=object, why=why)


def _halves(length: int) -> Mapping[str, Any]:
    return {"max_source_length": length - length // 2, "max_target_length": length // 2}


_LORA: Mapping[str, Any] = {"method": "lora", "lora_rank": 1, "lora_alpha": 32, "lora_dropout": 0.1}
_NO_TPU = "there is no support for TPUs here"
_OWN_FOLDER = "configuration and tokenizer are read from the model's folder"

TRANSFORMERS: Mapping[str, Gone] = {
    "evaluation_strategy": renamed("eval_strategy"),
    "per_gpu_train_batch_size": renamed("per_device_train_batch_size", int | None),
    "per_gpu_eval_batch_size": renamed("per_device_eval_batch_size", int | None),
    "warmup_ratio": where_given("warmup_steps, a share of all steps", lambda share: {"warmup_steps": share}, float),
    "no_cuda": where_true("use_cpu", True),
    "adafactor": where_true("optim", "adafactor"),
    "group_by_length": where_true("train_sampling_strategy", "group_by_length"),
    "include_inputs_for_metrics": where_true("include_for_metrics", ["inputs"]),
    "torchdynamo": renamed("torch_compile_backend", str | None),
    "xpu_backend": renamed("ddp_backend", str | None),
    "tpu_metrics_debug": ignored(_NO_TPU),
    "tpu_num_cores": ignored(_NO_TPU),
    "push_to_hub_model_id": renamed("hub_model_id", str | None),
    "push_to_hub_token": renamed("hub_token", str | None),
    "push_to_hub_organization": ignored("hub_model_id holds organisation and name"),
    "fsdp_min_num_params": where_given(
        "min_num_params of fsdp_config", lambda count: {"fsdp_config": {"min_num_params": count}}, int
    ),
    "fsdp_transformer_layer_cls_to_wrap": where_given(
        "transformer_layer_cls_to_wrap of fsdp_config",
        lambda layer: {"fsdp_config": {"transformer_layer_cls_to_wrap": [layer]}},
        str | None,
    ),
    "logging_dir": ignored("TensorBoard's files lie in the run's folder; TENSORBOARD_LOGGING_DIR puts them elsewhere"),
    "save_safetensors": ignored("weights are safetensors always; checkpoint_format: bin for the official scripts"),
    "fp16_backend": ignored("half precision is torch's own now"),
    "half_precision_backend": ignored("half precision is torch's own now"),
    "fp16_opt_level": ignored("it belonged to apex; half precision is torch's own now"),
    "sharded_ddp": ignored("it belonged to fairscale; use fsdp or deepspeed"),
    "jit_mode_eval": ignored("use torch_compile"),
    "use_ipex": ignored("its speed is part of torch now"),
    "use_mps_device": ignored("Apple's device is used where there is one"),
    "use_legacy_prediction_loop": ignored("there is one loop for evaluation"),
    "mp_parameters": ignored("it belonged to SageMaker"),
    "past_index": ignored("the model gives no past of this kind"),
    "ray_scope": ignored("there is no search with Ray here"),
    "local_rank": ignored("torchrun and accelerate say it themselves"),
    "parallelism_config": ignored("accelerate launch reads it from its own configuration"),
    "sortish_sampler": ignored("use train_sampling_strategy: group_by_length"),
    "generation_max_length": ignored("answers have val_max_target_length tokens at most"),
    "generation_config": ignored("answers are generated as the official scripts did; num_beams is a key"),
}

OFFICIAL: Mapping[str, Gone] = {
    "overwrite_cache": ignored("nothing is cached"),
    "preprocessing_num_workers": ignored("encoding uses the cores that there are"),
    "pad_to_max_length": ignored("encoding: official pads as the official scripts do"),
    "resize_position_embeddings": ignored("positions are rotary, so there is nothing to resize"),
    "use_fast_tokenizer": ignored("there is one tokenizer"),
    "config_name": ignored(_OWN_FOLDER),
    "tokenizer_name": ignored(_OWN_FOLDER),
    "trust_remote_code": ignored("no code of a model's folder is ever run"),
    "cache_dir": ignored("HF_HOME says where models are kept"),
    "use_auth_token": ignored("HF_TOKEN, or hf auth login"),
    "model_revision": ignored("the newest revision is used; download another one and name its folder as model"),
    "dataset_name": ignored("the official scripts never read it; use dataset or train_file"),
    "dataset_config_name": ignored("the official scripts never read it"),
    "lang": ignored("the official scripts never read it"),
    "forced_bos_token": ignored("the official scripts never read it"),
}

BAICHUAN2: Mapping[str, Gone] = {
    "model_max_length": where_given("max_source_length and max_target_length, half each", _halves, int),
    "use_lora": Gone(
        hint=bool,
        becomes=lambda on: _LORA if on else {"method": "full"},
        why="is method: lora, with that script's rank of 1, or method: full now",
    ),
}
"""Of its ``fine-tune.py``, whose encoding counts both limits together."""

GONE: Mapping[str, Gone] = {**TRANSFORMERS, **OFFICIAL, **BAICHUAN2}
