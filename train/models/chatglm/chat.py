"""Conversation with ChatGLM-6B."""

from train.models.chat import Conversation
from train.prompts import tidy_chatglm

CONVERSATION = Conversation(
    sampling={"do_sample": True, "top_p": 0.7, "temperature": 0.95}, max_length=2048, tidy=tidy_chatglm
)
chat, stream_chat = CONVERSATION.chat, CONVERSATION.stream_chat
