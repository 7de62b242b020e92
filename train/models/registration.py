"""Makes the Auto classes of transformers know our models and their tokenizer."""

from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.configuration import ChatGLMConfig
from train.models.tokenizer import register_tokenizer

MODELS = {ChatGLM1Config: ChatGLMForCausalLM, ChatGLM2Config: ChatGLM2ForCausalLM}


def register() -> None:
    """Register everything; a second time changes nothing.

    All three Auto classes give the whole model, as the official ``auto_map`` has it.
    """
    AutoConfig.register(ChatGLMConfig.model_type, ChatGLMConfig, exist_ok=True)
    for config, model in MODELS.items():
        for auto in (AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM):
            auto.register(config, model, exist_ok=True)
    register_tokenizer()
