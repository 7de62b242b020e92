"""LLaMA and whatever calls itself so (Chinese-LLaMA-Alpaca, Yi, Vicuna …): its chat template, or the layout
``Instruction: … Answer:`` where it brings none."""

from train.families.causal import causal_family

LLAMA = causal_family(
    name="llama",
    about="LLaMA and its kin, by their chat template, else in the Instruction/Answer layout",
    is_config=lambda config: config.get("model_type") == "llama",
    attention_module="self_attn",
    mlp_module="mlp",
    final_norm="model.norm",
    target_modules=("q_proj", "k_proj", "v_proj", "o_proj"),
    all_target_modules=("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
)
