"""``tiny-chatglm3``: as ``tiny-chatglm2``, asked in turns of roles."""

from functools import partial
from pathlib import Path

from train.models.chatglm3.recognised import FORMAT
from train.models.tiny.chatglm2 import two_layers, write_vocabulary
from train.models.tiny.small import Small, write_json


def _write_vocabulary(folder: Path, texts: list[str]) -> None:
    write_vocabulary(folder, texts)
    write_json({"tokenizer_class": "ChatGLMTokenizer", "name_or_path": FORMAT}, folder / "tokenizer_config.json")


CHATGLM3 = Small(
    name="tiny-chatglm3",
    about="a ChatGLM3 of two narrow layers",
    tokenizer=_write_vocabulary,
    model=partial(two_layers, chat_format=FORMAT),
)
