"""Conversation with Baichuan2, with the numbers of its ``generation_config.json``."""

from train.models.chat import Conversation

CONVERSATION = Conversation(
    sampling={"do_sample": True, "top_k": 5, "top_p": 0.85, "temperature": 0.3, "repetition_penalty": 1.05},
    max_length=4096,
    tidy=str,
)
chat, stream_chat = CONVERSATION.chat, CONVERSATION.stream_chat
