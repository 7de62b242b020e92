"""The configuration of Baichuan2: 7B turns its heads (rotary positions), 13B lowers distant scores (ALiBi)."""

from typing import Any, ClassVar, Literal

from schemas.errors import ModelError
from train.models.configuration import NativeConfig

PositionEmbedding = Literal["rotary", "alibi"]
_FIRST_BAICHUAN = 64_000
"""Words of Baichuan-7B and Baichuan-13B, whose projection to the vocabulary is an ordinary one."""


class Baichuan2Config(NativeConfig):
    """Defaults are the values of the released 7B model; a field that a ``config.json`` leaves out has them."""

    model_type = "baichuan"
    attribute_map: ClassVar[dict[str, str]] = {"num_layers": "num_hidden_layers"}

    vocab_size: int = 125_696
    intermediate_size: int = 11_008
    num_hidden_layers: int = 32
    rms_norm_eps: float = 1e-6
    model_max_length: int = 4096
    max_position_embeddings: int | None = None
    """Only the official 7B has it."""
    position_embedding: PositionEmbedding | None = None
    """Our own field. Official folders lack it: there ``max_position_embeddings`` says that it is ``rotary``."""
    z_loss_weight: float = 0.0
    initializer_range: float = 0.02
    tie_word_embeddings: bool = False
    bos_token_id: int | None = 1
    eos_token_id: int | list[int] | None = 2
    pad_token_id: int | None = 0

    def __post_init__(self, **kwargs: Any) -> None:
        super().__post_init__(**kwargs)
        if self.position_embedding is None:
            self.position_embedding = "alibi" if self.max_position_embeddings is None else "rotary"
        if self.vocab_size == _FIRST_BAICHUAN:
            raise ModelError(
                f"{self.name_or_path or 'this model'}: vocab_size is {_FIRST_BAICHUAN}, that of the first Baichuan; "
                "only Baichuan2 (125696) is supported"
            )
        if self.z_loss_weight:
            raise ModelError(
                f"{self.name_or_path or 'this model'}: z_loss_weight is {self.z_loss_weight}; only "
                "0 is supported, as in the released models: it changes the loss of training alone, so set it to 0"
            )
        if getattr(self, "quantization_config", None):
            raise ModelError(
                f"{self.name_or_path or 'this model'}: quantised by its own code (quantization_config), which is never "
                "run; use the folder of the unquantised model"
            )
