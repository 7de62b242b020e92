"""Ten chat templates in the manners of the models that people tune, written for these tests, and what is true of them.

``opening`` and ``closing`` stand around the answers in what a template writes; they were read off by a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

CORPUS = [
    "合同一方不履行义务的，应当承担继续履行、采取补救措施或者赔偿损失等违约责任。",
    "user assistant system model\n\n你好，世界！ Hello world, 123. [INST] [/INST] <think>\n\n</think>\n\n",
    "本发明公开了一种测试方法，属于测试领域。第一步，取样；第二步，测量。",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    name: str
    text: str
    control: tuple[str, ...]
    opening: str
    closing: str
    """The token that ends an answer comes last in it."""
    eos: str
    bos: str | None = None
    is_spaced: bool = False
    """Whether its tokenizer marks blanks and puts one before a text, as SentencePiece does."""
    trims: bool = False
    joins: bool = True
    """Whether a dialogue is written as the beginning of the next longer one."""
    alternates: bool = False


_CHATML = ("<|im_start|>", "<|im_end|>", "<|endoftext|>")
_ALTERNATION = (
    "{% for m in messages %}{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('turns of user and assistant must alternate') }}{% endif %}{% endfor %}"
)

TEMPLATES = [
    Template(
        name="qwen2",
        text="{% if messages[0].role != 'system' %}<|im_start|>system\nBe kind.<|im_end|>\n{% endif %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        control=_CHATML,
        opening="<|im_start|>assistant\n",
        closing="<|im_end|>",
        eos="<|im_end|>",
    ),
    Template(
        name="qwen3",
        text="{% set last = namespace(at=-1) %}"
        "{% for m in messages %}{% if m.role == 'user' %}{% set last.at = loop.index0 %}{% endif %}{% endfor %}"
        "{% for m in messages %}<|im_start|>{{ m.role }}\n"
        "{% if m.role == 'assistant' %}{% set said = m.content.split('</think>')[-1].lstrip('\\n') %}"
        "{% if loop.index0 > last.at %}<think>\n\n</think>\n\n{% endif %}{{ said }}"
        "{% else %}{{ m.content }}{% endif %}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n"
        "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}",
        control=_CHATML,
        opening="<think>\n\n</think>\n\n",
        closing="<|im_end|>",
        eos="<|im_end|>",
        joins=False,
    ),
    Template(
        name="llama2",
        text=_ALTERNATION + "{% for m in messages %}{% if m.role == 'user' %}"
        "{{ bos_token + '[INST] ' + m.content.strip() + ' [/INST]' }}"
        "{% else %}{{ ' ' + m.content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}",
        control=("<s>", "</s>"),
        opening="[/INST]",
        closing=" </s>",
        bos="<s>",
        eos="</s>",
        is_spaced=True,
        trims=True,
        alternates=True,
    ),
    Template(
        name="llama3",
        text="{% for m in messages %}{% if loop.first %}{{ bos_token }}<|head|>system<|/head|>\n\n"
        "Today: {{ strftime_now('%d %b %Y') }}<|eot|>{% endif %}"
        "<|head|>{{ m.role }}<|/head|>\n\n{{ m.content | trim }}<|eot|>{% endfor %}"
        "{% if add_generation_prompt %}<|head|>assistant<|/head|>\n\n{% endif %}",
        control=("<|begin|>", "<|head|>", "<|/head|>", "<|eot|>"),
        opening="<|head|>assistant<|/head|>\n\n",
        closing="<|eot|>",
        bos="<|begin|>",
        eos="<|eot|>",
        trims=True,
    ),
    Template(
        name="mistral",
        text=_ALTERNATION + "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}"
        "[INST] {{ m.content }}[/INST]{% else %} {{ m.content | trim }}{{ eos_token }}{% endif %}{% endfor %}",
        control=("<s>", "</s>", "[INST]", "[/INST]"),
        opening="[/INST]",
        closing="</s>",
        bos="<s>",
        eos="</s>",
        is_spaced=True,
        trims=True,
        alternates=True,
    ),
    Template(
        name="glm4",
        text="[gMASK]<sop>{% for m in messages %}<|{{ m.role }}|>\n{{ m.content }}{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>\n{% endif %}",
        control=("[gMASK]", "<sop>", "<|user|>", "<|assistant|>", "<|endoftext|>"),
        opening="<|assistant|>\n",
        closing="",
        eos="<|endoftext|>",
        joins=False,
    ),
    Template(
        name="deepseek",
        text="{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<｜User｜>{{ m.content }}"
        "{% else %}<｜Assistant｜>{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<｜Assistant｜><think>\n{% endif %}",
        control=("<｜begin｜>", "<｜end｜>", "<｜User｜>", "<｜Assistant｜>"),
        opening="<｜Assistant｜>",
        closing="<｜end｜>",
        bos="<｜begin｜>",
        eos="<｜end｜>",
    ),
    Template(
        name="yi",
        text="{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
        "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
        control=("<|startoftext|>", *_CHATML),
        opening="<|im_start|>assistant\n",
        closing="<|im_end|>",
        bos="<|startoftext|>",
        eos="<|endoftext|>",
        is_spaced=True,
    ),
    Template(
        name="baichuan",
        text="{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system here') }}"
        "{% elif m.role == 'user' %}<human>{{ m.content }}{% else %}<robot>{{ m.content }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<robot>{% endif %}",
        control=("<s>", "</s>", "<human>", "<robot>"),
        opening="<robot>",
        closing="",
        eos="</s>",
        is_spaced=True,
        joins=False,
    ),
    Template(
        name="gemma",
        text="{{ bos_token }}{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        "{% for m in messages %}<turn>{{ 'model' if m.role == 'assistant' else m.role }}\n"
        "{{ m.content | trim }}</turn>\n{% endfor %}{% if add_generation_prompt %}<turn>model\n{% endif %}",
        control=("<bos>", "<eos>", "<turn>", "</turn>"),
        opening="<turn>model\n",
        closing="</turn>",
        bos="<bos>",
        eos="<eos>",
        trims=True,
    ),
]


@cache
def tokenizer(template: Template) -> Any:
    """A small one with the template's control tokens, which would put its ``bos`` before every text by itself."""
    bare = Tokenizer(models.BPE(byte_fallback=template.is_spaced, unk_token="<unk>" if template.is_spaced else None))
    if template.is_spaced:
        bare.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
        bare.decoder = decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
        )
        alphabet, special = [], ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    else:
        words = pre_tokenizers.Split(Regex(r"\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s*[\r\n]+|\s+"), "isolated")
        bytes_of_words = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        bare.pre_tokenizer = pre_tokenizers.Sequence([words, bytes_of_words])
        bare.decoder = decoders.ByteLevel()
        alphabet, special = pre_tokenizers.ByteLevel.alphabet(), []
    trainer = trainers.BpeTrainer(
        vocab_size=620, initial_alphabet=alphabet, special_tokens=special, show_progress=False, max_token_length=6
    )
    bare.train_from_iterator(CORPUS, trainer)
    named = {"eos_token": template.eos} | ({"bos_token": template.bos} if template.bos else {})
    made = PreTrainedTokenizerFast(tokenizer_object=bare, clean_up_tokenization_spaces=False, **named)
    made.add_special_tokens({"additional_special_tokens": list(template.control)})
    made.chat_template = template.text
    made.split_special_tokens = True
    return made


def messages(turns: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """Pairs of question and answer as a template takes them; a lone question may stand last."""
    roles = ("user", "assistant")
    return [{"role": role, "content": said} for turn in turns for role, said in zip(roles, turn, strict=False)]
