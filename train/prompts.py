"""The forms in which our own models ask, and how they tidy what comes back."""

import re
from collections.abc import Sequence

Turns = Sequence[Sequence[str]]
"""Earlier turns, oldest first, each a pair of question and answer."""

_BESIDE_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff])[,!:;?]|[,!:;?](?=[\u4e00-\u9fff])")
_FULL_WIDTH = {",": "，", "!": "！", ":": "：", ";": "；", "?": "？"}


def chatglm_prompt(question: str, history: Turns | None = None) -> str:
    """ChatGLM-6B's form: a lone question stands bare, a dialogue counts its rounds from 0."""
    return chatglm_rounds(question, history) if history else question


def chatglm_rounds(question: str, history: Turns | None = None) -> str:
    """The form of a dialogue, also for an empty one: so the official training writes a first question."""
    turns = history or ()
    earlier = "".join(f"[Round {number}]\n问：{asked}\n答：{told}\n" for number, (asked, told) in enumerate(turns))
    return f"{earlier}[Round {len(turns)}]\n问：{question}\n答："


def chatglm2_prompt(question: str, history: Turns | None = None) -> str:
    """ChatGLM2-6B's form: always rounds, counted from 1."""
    turns = history or ()
    earlier = (
        f"[Round {number}]\n\n问：{asked}\n\n答：{told}\n\n" for number, (asked, told) in enumerate(turns, start=1)
    )
    return f"{''.join(earlier)}[Round {len(turns) + 1}]\n\n问：{question}\n\n答："


def baichuan2_prompt(question: str, history: Turns | None = None) -> str:
    """Baichuan2's form, its two control tokens spelt out; an answer ends where the next question begins."""
    earlier = "".join(f"<reserved_106>{asked}<reserved_107>{told}" for asked, told in history or ())
    return f"{earlier}<reserved_106>{question}<reserved_107>"


def chatglm3_prompt(question: str, history: Turns | None = None) -> str:
    """ChatGLM3-6B's form, the control tokens of the roles spelt out."""
    earlier = "".join(f"<|user|>\n{asked}<|assistant|>\n{told}" for asked, told in history or ())
    return f"{earlier}<|user|>\n{question}<|assistant|>"


def tidy_chatglm(answer: str) -> str:
    """As the official ChatGLM-6B does: punctuation beside a Chinese character becomes full-width."""
    return _BESIDE_CHINESE.sub(lambda mark: _FULL_WIDTH[mark[0]], tidy_chatglm2(answer))


def tidy_chatglm2(answer: str) -> str:
    return answer.strip().replace("[[训练时间]]", "2023年")
