"""Every small model, in plain sight; a new one is a file beside this, called as the model without ``tiny-``, and a
line here."""

from collections.abc import Mapping

from train.models.tiny.baichuan2 import BAICHUAN2
from train.models.tiny.chatglm2 import CHATGLM2
from train.models.tiny.chatglm3 import CHATGLM3
from train.models.tiny.llama import LLAMA
from train.models.tiny.qwen import QWEN
from train.models.tiny.small import Small

SMALL: Mapping[str, Small] = {small.name: small for small in (LLAMA, QWEN, CHATGLM2, CHATGLM3, BAICHUAN2)}
