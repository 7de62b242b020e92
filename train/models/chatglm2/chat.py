"""Conversation with ChatGLM2-6B."""

from train.models.chat import Conversation
from train.prompts import tidy_chatglm2

CONVERSATION = Conversation(
    sampling={"do_sample": True, "top_p": 0.8, "temperature": 0.8}, max_length=8192, tidy=tidy_chatglm2
)
chat, stream_chat = CONVERSATION.chat, CONVERSATION.stream_chat
