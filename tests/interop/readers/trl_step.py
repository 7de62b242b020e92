"""Run by TRL's own Python: SFTTrainer makes one step on an export with a tiny model that is made here."""

import json
import sys
from pathlib import Path

from datasets import load_dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from trl import SFTConfig, SFTTrainer

TEMPLATE = (
    "{% for turn in messages %}<|{{ turn.role }}|>"
    "{% if turn.role == 'assistant' %}{% generation %}{{ turn.content }}</s>{% endgeneration %}"
    "{% else %}{{ turn.content }}{% endif %}{% endfor %}"
)
file, cache, out = sys.argv[1:]
alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
special = ["</s>", "<|user|>", "<|assistant|>"]
bytes_ = Tokenizer(models.BPE(vocab={token: number for number, token in enumerate([*special, *alphabet])}, merges=[]))
bytes_.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
bytes_.decoder = decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=bytes_,
    **dict.fromkeys(("eos_token", "pad_token"), special[0]),
    extra_special_tokens=special[1:],
    chat_template=TEMPLATE,
)
size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **size))
rows = load_dataset("json", data_files=file, split="train", cache_dir=cache)
settings = SFTConfig(
    output_dir=cache, max_steps=1, per_device_train_batch_size=2, max_length=512, use_cpu=True, report_to=[],
    save_strategy="no", logging_steps=1, assistant_only_loss=True, dataset_num_proc=None,
)  # fmt: skip
trainer = SFTTrainer(model=model, args=settings, train_dataset=rows, processing_class=tokenizer)
before = model.model.embed_tokens.weight.detach().clone()
trainer.train()
changed = bool((model.model.embed_tokens.weight.detach() != before).any())
loss = next(line["loss"] for line in trainer.state.log_history if "loss" in line)
Path(out).write_text(json.dumps({"records": len(rows), "loss": loss, "changed": changed}))
