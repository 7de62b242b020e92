"""What each family was seen doing, in a line: ``prep models`` shows it. The pages in docs/families/ say more."""

from collections.abc import Mapping

TESTED: Mapping[str, str] = {
    "chatglm": "golden data of the reference: ids, masks and positions equal, logits to 1e-4; random weights of full "
    "size on a graphics card; the official scripts and checkpoints",
    "chatglm2": "golden data of the reference, likewise",
    "chatglm3": "the layers by ChatGLM2's golden data; turns and tokens of the roles by hand; random weights only",
    "baichuan2": "golden data of the official preprocessing; the layers against a plain reference in numpy or torch; "
    "random weights only",
    "llama": "chat templates token by token; every method on random weights; no released weights",
    "causal": "chat templates token by token; every method on random weights of Qwen 3; a prefix on those of Qwen 2, "
    "Qwen 3 MoE, Mistral, GLM-4, Gemma 2, Phi 3 and DeepSeek V3; no released weights",
}

WHAT_TO_WRITE = """\
A model of transformers needs nothing: config.json, weights and a tokenizer with a chat template make it one of causal.
Any other is a file in train/families/ and a line in its registry.py:

  is_config         which config.json is its own
  load, skeleton    model and tokenizer of a folder; the model without weights
  form              of dialogues and answers their ids, and the token that ends an answer
  prompt, tidy      what it is asked, as text; how an answer is cleaned
  layout            what of a batch the model wants worked out beforehand; nothing for most
  blocks            its layers, and what they call attention and MLP

chatglm3.py is a short one to begin with. What it was tested with is a line in tested.py; a small configuration in
tests/train/methods/tiny.py sends every method through it."""
