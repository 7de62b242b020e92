"""Which models and generations our own decoding answers for; all others are left to ``generate``."""

from typing import Any

from train.models.backbone import NativePreTrainedModel
from train.models.decoding.generations import GENERATIONS

_PLAIN: dict[str, tuple[Any, ...]] = {
    "repetition_penalty": (None, 1.0),
    "encoder_repetition_penalty": (None, 1.0),
    "no_repeat_ngram_size": (None, 0),
    "encoder_no_repeat_ngram_size": (None, 0),
    "bad_words_ids": (None,),
    "sequence_bias": (None,),
    "suppress_tokens": (None,),
    "begin_suppress_tokens": (None,),
    "forced_bos_token_id": (None,),
    "forced_eos_token_id": (None,),
    "exponential_decay_length_penalty": (None,),
    "min_length": (None, 0),
    "min_new_tokens": (None, 0),
    "guidance_scale": (None, 1.0),
    "stop_strings": (None,),
    "max_time": (None,),
    "prompt_lookup_num_tokens": (None,),
    "use_cache": (None, True),
}
"""Of a folder's ``generation_config.json``: values that change no greedy answer."""


def native_model(model: Any) -> Any | None:
    """Our own model under what peft wrapped around it; None where our decoding would not say what ``generate`` says.

    That is where embeddings are put before the prompt, where a method took the forward pass over (the ladder), where
    the folder asks for penalties of its own, where weights are spread over devices, and while a model trains.
    """
    config = getattr(model, "active_peft_config", None)
    if config is not None and (config.is_prompt_learning or getattr(config, "alora_invocation_tokens", None)):
        return None
    native = model.get_base_model() if hasattr(model, "peft_config") else model
    if not isinstance(native, NativePreTrainedModel) or type(native.config) not in GENERATIONS or native.training:
        return None
    body: Any = getattr(native, native.base_model_prefix)
    taken_over = any("forward" in module.__dict__ or module._forward_pre_hooks for module in (native, body))
    return None if taken_over or hasattr(native, "hf_device_map") or not _is_plainly_greedy(native) else native


def _is_plainly_greedy(model: Any) -> bool:
    asked = model.generation_config
    return all(getattr(asked, name, None) in values for name, values in _PLAIN.items())
