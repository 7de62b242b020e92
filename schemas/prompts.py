"""Named ways to join an instruction to a record's content. Datasets hold the raw content; the recipe names a preset."""

from collections.abc import Mapping

from schemas.errors import OptionError

PROMPTS: Mapping[str, str] = {
    "none": "{content}",
    "patent": "根据专利名称撰写摘要：{content}",
    "patent-title": "根据专利摘要拟定名称：{content}",
    "paper": "根据论文题目撰写摘要：{content}",
    "paper-title": "根据论文摘要拟定题目：{content}",
    "encyclopedia": "请写出词条的简介：{content}",
    "legal": "请以律师的身份回答：{content}",
    "instruction": "Instruction: {content}\nAnswer: ",
}


def apply_prompt(preset: str, content: str) -> str:
    """Join the preset's instruction to ``content``; raises OptionError for an unknown preset."""
    if preset not in PROMPTS:
        raise OptionError(f"no prompt preset {preset!r}; choose one of: {', '.join(PROMPTS)}")
    return PROMPTS[preset].replace("{content}", content)
