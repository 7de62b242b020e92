"""ChatGLM3-6B's tokenizer: that of ChatGLM2-6B with a control token for each role, which no text can reach."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal

from train.models.chatglm2.tokenization import ChatGLM2Tokenizer
from train.models.chatglm3.recognised import FORMAT
from train.prompts import Turns, chatglm3_prompt

_UNREAD = ("added_tokens_decoder", "additional_special_tokens", "extra_special_tokens", "chat_template", "chat_format")
"""Settings that would make control tokens of what is typed, and the one that is for folders."""
Role = Literal["system", "user", "assistant", "observation"]
Message = tuple[Role, str, str]
"""Who speaks, what stands in the line of the role (the name of a tool that is called), and what is said."""


class ChatGLM3Tokenizer(ChatGLM2Tokenizer):
    """``[gMASK] sop``, then turns: ``<|role|>``, a line that is empty or names a tool, and what is said."""

    control_tokens: ClassVar[tuple[str, ...]] = (
        *ChatGLM2Tokenizer.control_tokens,
        *(f"<|{role}|>" for role in ("system", "user", "assistant", "observation")),
    )

    def __init__(self, vocab_file: str, **kwargs: Any) -> None:
        for name in _UNREAD:
            kwargs.pop(name, None)
        super().__init__(vocab_file, **kwargs)

    def message_ids(self, role: Role, said: str, metadata: str = "") -> list[int]:
        """A turn as the model reads it."""
        line, text = self.encode_texts([f"{metadata}\n", said])
        return [self.special_tokens[f"<|{role}|>"], *line, *text]

    def dialogue_ids(self, messages: Iterable[Message]) -> list[int]:
        """Turns of any roles, tools among them, and the token after which the model goes on."""
        turns = [token for role, metadata, said in messages for token in self.message_ids(role, said, metadata)]
        return [*self.get_prefix_tokens(), *turns, self.special_tokens["<|assistant|>"]]

    def prompt_ids(self, query: str, history: Turns | None = None) -> list[int]:
        earlier = (turn for asked, told in history or () for turn in (("user", "", asked), ("assistant", "", told)))
        messages: list[Message] = [*earlier, ("user", "", query)]  # type: ignore[list-item]
        return self.dialogue_ids(messages)

    def save_pretrained(self, save_directory: Any, *args: Any, **kwargs: Any) -> tuple[str, ...]:
        """With what tells the folder from one of ChatGLM2-6B."""
        files = super().save_pretrained(save_directory, *args, **kwargs)
        settings = Path(files[0])
        saved = json.loads(settings.read_text(encoding="utf-8")) | {"chat_format": FORMAT}
        settings.write_text(json.dumps(saved, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return files

    def build_prompt(self, query: str, history: Turns | None = None) -> str:
        """For people: as text the tokens of the roles are mere text."""
        return chatglm3_prompt(query, history)
