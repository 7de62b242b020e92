"""Makes the Auto classes of transformers know our models and their tokenizers."""

from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM

from train.models.baichuan2.configuration import Baichuan2Config
from train.models.baichuan2.modeling import BaichuanForCausalLM
from train.models.baichuan2.tokenization import BaichuanTokenizer
from train.models.chatglm.configuration import ChatGLM1Config
from train.models.chatglm.modeling import ChatGLMForCausalLM
from train.models.chatglm2.configuration import ChatGLM2Config
from train.models.chatglm2.modeling import ChatGLM2ForCausalLM
from train.models.configuration import ChatGLMConfig
from train.models.pieces import register_tokenizer
from train.models.tokenizer import ChatGLMTokenizer

MODELS = {
    ChatGLM1Config: ChatGLMForCausalLM,
    ChatGLM2Config: ChatGLM2ForCausalLM,
    Baichuan2Config: BaichuanForCausalLM,
}
TOKENIZERS = (ChatGLMTokenizer, BaichuanTokenizer)


def register() -> None:
    """Register everything; a second time changes nothing.

    All three Auto classes give the whole model, as the official ``auto_map`` has it.
    """
    for known in (ChatGLMConfig, Baichuan2Config):
        AutoConfig.register(known.model_type, known, exist_ok=True)
    for config, model in MODELS.items():
        for auto in (AutoModel, AutoModelForCausalLM, AutoModelForSeq2SeqLM):
            auto.register(config, model, exist_ok=True)
    for tokenizer in TOKENIZERS:
        register_tokenizer(tokenizer)
