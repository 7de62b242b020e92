"""What the law tests share: random bases of every family, a batch, an answer, a step, and settings of every method."""

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from transformers import LlamaConfig, LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM

from train.families.family import Family
from train.families.registry import FAMILIES
from train.methods.method import Method
from train.methods.registry import method_of, settings_of
from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.modeling import BaichuanForCausalLM
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.registration import register

register()

LAYERS, WIDTH, VOCABULARY = 3, 32, 200
_SECOND: Mapping[str, Any] = {
    "padded_vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "ffn_hidden_size": 48,
    "num_layers": LAYERS,
    "num_attention_heads": 4,
    "kv_channels": 8,
    "multi_query_group_num": 2,
}
_SHAPE: Mapping[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}
CONFIGS: Mapping[str, Any] = {
    "chatglm": (
        ChatGLMForCausalLM,
        ChatGLM1Config(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            inner_hidden_size=64,
            num_layers=LAYERS,
            num_attention_heads=4,
            bos_token_id=190,
            eos_token_id=191,
            mask_token_id=192,
            gmask_token_id=193,
        ),
    ),
    "chatglm2": (ChatGLM2ForCausalLM, ChatGLM2Config(**_SECOND)),
    "baichuan2": (
        BaichuanForCausalLM,
        Baichuan2Config(
            vocab_size=VOCABULARY,
            hidden_size=WIDTH,
            intermediate_size=48,
            num_hidden_layers=LAYERS,
            num_attention_heads=4,
            position_embedding="rotary",
        ),
    ),
    "chatglm3": (ChatGLM2ForCausalLM, ChatGLM2Config(**_SECOND, chat_format="chatglm3")),
    "llama": (LlamaForCausalLM, LlamaConfig(**_SHAPE, tie_word_embeddings=False)),
    "causal": (Qwen3ForCausalLM, Qwen3Config(**_SHAPE, head_dim=12, tie_word_embeddings=True)),
}
PROMPTS = {key: [[5, 6, 11, 12, 13], [5, 6, 21]] for key in CONFIGS} | {
    "chatglm": [[11, 12, 13, 14, 193, 190], [21, 22, 193, 190]]
}
ANSWERS = {key: [[31, 32, 2], [41, 42, 43, 44, 2]] for key in CONFIGS} | {
    "chatglm": [[31, 32, 191], [41, 42, 43, 44, 191]]
}

CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "p_tuning_v2": ("p_tuning_v2", {"pre_seq_len": 5}),
    "p_tuning_v2 projected": ("p_tuning_v2", {"pre_seq_len": 5, "prefix_projection": True}),
    "p_tuning_v2 in bin": ("p_tuning_v2", {"pre_seq_len": 5, "checkpoint_format": "bin"}),
    "prefix_tuning": ("prefix_tuning", {"pre_seq_len": 5}),
    "p_tuning": ("p_tuning", {"num_virtual_tokens": 5}),
    "p_tuning by LSTM": (
        "p_tuning",
        {
            "num_virtual_tokens": 5,
            "encoder_reparameterization_type": "LSTM",
            "encoder_hidden_size": 8,
            "encoder_dropout": 0.1,
        },
    ),
    "prompt_tuning": ("prompt_tuning", {"num_virtual_tokens": 5}),
    "lora": ("lora", {}),
    "lora everywhere": ("lora", {"lora_target": "all", "lora_rank": 2}),
    "DoRA": ("lora", {"peft_config": {"use_dora": True, "r": 4}}),
    "rsLoRA": ("lora", {"peft_config": {"use_rslora": True}}),
    "AdaLoRA": ("lora", {"peft_config": {"peft_type": "ADALORA"}}),
    "IA3": ("lora", {"peft_config": {"peft_type": "IA3"}, "lora_target": "all"}),
    "adapter": ("adapter", {}),
    "lst": ("lst", {}),
    "freeze": ("freeze", {"num_layer_trainable": 2}),
    "freeze the mlp": ("freeze", {"num_layer_trainable": 1, "name_module_trainable": "mlp"}),
    "full": ("full", {}),
}


def base(family: str, dtype: torch.dtype = torch.float32) -> Any:
    """The same random weights each time."""
    make, config = CONFIGS[family]
    torch.manual_seed(1)
    model = make(type(config)(**config.to_diff_dict()))
    for parameter in model.parameters():
        parameter.data += 0.2 * torch.randn_like(parameter)
    return model.to(dtype).eval()


def case(name: str) -> tuple[Method, Any]:
    method = method_of(CASES[name][0])
    return method, settings_of(method, CASES[name][1])


def adapted(name: str, family: str, dtype: torch.dtype = torch.float32, seed: int = 2) -> Any:
    method, settings = case(name)
    model = base(family, dtype)
    torch.manual_seed(seed)
    model = method.adapt(model, settings, facts(family))
    if method.begin is not None:
        method.begin(model, 10)
    return model


def facts(family: str) -> Family:
    return FAMILIES[family]


def batch(family: str) -> dict[str, Tensor]:
    """Two examples, padded on the right, with labels and what ``layout`` says."""
    rows = [prompt + answer for prompt, answer in zip(PROMPTS[family], ANSWERS[family], strict=True)]
    labels = [[-100] * len(prompt) + answer for prompt, answer in zip(PROMPTS[family], ANSWERS[family], strict=True)]
    width = max(map(len, rows))
    ids = torch.tensor([row + [3] * (width - len(row)) for row in rows])
    hidden = torch.tensor([row + [-100] * (width - len(row)) for row in labels])
    return {"input_ids": ids, "labels": hidden, **facts(family).layout(ids, CONFIGS[family][1])}


@torch.no_grad()
def logits(model: Any, family: str) -> Tensor:
    """Of the tokens alone: a prompt method gives some for its own embeddings too."""
    given = batch(family)
    del given["labels"]
    found: Tensor = model.eval()(**given).logits
    return found[:, -given["input_ids"].shape[1] :].clone()


def answer(model: Any, family: str) -> list[int]:
    """Greedy, with the cache."""
    prompt = torch.tensor(PROMPTS[family][:1])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Position ids are not supported", UserWarning)
        found = model.eval().generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=6, do_sample=False
        )
    return [int(token) for token in found[0, prompt.shape[1] :]]


def trained(model: Any) -> dict[str, Any]:
    return {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}


def train(model: Any, name: str, family: str, steps: int = 3, learning_rate: float = 0.05) -> Any:
    """Steps as the trainer takes them."""
    method, _ = case(name)
    optimiser = torch.optim.AdamW(trained(model).values(), lr=learning_rate)
    for step in range(1, steps + 1):
        model.train()(**batch(family)).loss.backward()
        optimiser.step()
        if method.stepped is not None:
            method.stepped(model, step)
        optimiser.zero_grad()
    return model


def gradients(model: Any, family: str) -> dict[str, Tensor]:
    torch.manual_seed(7)
    model.train()(**batch(family)).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in trained(model).items()}
