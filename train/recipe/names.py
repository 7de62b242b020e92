"""Other names for one thing, and other words for one value: those of the official scripts, of papers, of habit."""

from collections.abc import Mapping

SAME: Mapping[str, str] = {
    "model_name_or_path": "model",
    "data_path": "train_file",
    "model_path": "model",
    "base_model": "model",
    "torch_dtype": "dtype",
    "quantization_bit": "quantization",
    "finetuning_type": "method",
    "peft_method": "method",
    "ptuning_checkpoint": "adapter",
    "checkpoint_dir": "adapter",
    "adapter_name_or_path": "adapter",
    "resume_from_checkpoint": "resume",
    "overwrite_output_dir": "overwrite",
    "prompt_preset": "prompt_template",
    "generation_num_beams": "num_beams",
    "patience": "early_stopping_patience",
    "find_learning_rate": "find_lr",
    "lr": "learning_rate",
    "epochs": "num_train_epochs",
    "num_epochs": "num_train_epochs",
    "batch_size": "per_device_train_batch_size",
    "train_batch_size": "per_device_train_batch_size",
    "eval_batch_size": "per_device_eval_batch_size",
    "accumulation_steps": "gradient_accumulation_steps",
    "lora_r": "lora_rank",
    "lora_target_modules": "lora_target",
}

WORDS: Mapping[str, Mapping[str, str]] = {
    "dtype": {
        "fp16": "float16",
        "half": "float16",
        "bf16": "bfloat16",
        "fp32": "float32",
        "float": "float32",
        "torch.float16": "float16",
        "torch.bfloat16": "bfloat16",
        "torch.float32": "float32",
    },
    "quantization_bit": {"0": "none", "4": "int4", "8": "int8"},
    "finetuning_type": {"p_tuning": "p_tuning_v2"},
    "optim": {"adamw_hf": "adamw_torch", "adamw_apex_fused": "adamw_torch_fused"},
}
"""``finetuning_type: p_tuning`` of ChatGLM-Efficient-Tuning was P-Tuning v2; the default of 4.27 was ``adamw_hf``."""

INSTEAD: Mapping[str, str] = {
    **dict.fromkeys(
        ("cutoff_len", "max_length", "max_seq_length", "block_size"),
        "prompt and answer have limits of their own: max_source_length and max_target_length",
    ),
    "target_modules": "use lora_target, or target_modules inside peft_config",
    "r": "use lora_rank, or r inside peft_config",
    "data": "use dataset, a folder such as data/legal",
    "domain": "use dataset, a folder such as data/legal",
    "recipe": "a recipe cannot name another one; give --recipe on the command line",
}
"""Names that are no other name of one key, and what the person probably wants."""
