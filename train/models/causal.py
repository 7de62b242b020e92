"""What our own models share as whole ones: logits and loss, the prefix of P-Tuning v2, conversation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from transformers import GenerationMixin
from transformers.cache_utils import Cache
from transformers.modeling_outputs import CausalLMOutputWithPast
from transformers.utils.generic import can_return_tuple

from train.models.backbone import NativeLayers, NativePreTrainedModel
from train.models.chat import Conversation, History
from train.models.packing import Packing
from train.models.pieces import PiecesTokenizer
from train.models.vocabulary_loss import vocabulary_loss
from train.prompts import Turns


class NativeCausalLM(NativePreTrainedModel, GenerationMixin):
    """The layers with their vocabulary."""

    conversation: Conversation

    @property
    def body(self) -> NativeLayers:
        """What stands below the vocabulary, under the official name of the family."""
        layers: NativeLayers = getattr(self, self.base_model_prefix)
        return layers

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        inputs_embeds: Tensor | None = None,
        past_key_values: Cache | None = None,
        labels: Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | Tensor = 0,
        positions: Tensor | None = None,
        context_lengths: Tensor | None = None,
        packing: Packing | None = None,
        label_columns: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Compute logits, and the loss where there are labels (-100 is left out; the labels are shifted here).

        ``attention_mask`` is (batch, tokens), 0 at padding; padding after the answers needs none. ChatGLM-6B also takes
        its tokenizer's (batch, 1, tokens, tokens), True where *hidden*. ``positions``, and ``context_lengths`` with
        ChatGLM-6B, are what the generation's ``layout`` makes of the ids; where they are missing they are computed.
        ``position_ids`` is the official name of ``positions``: peft drops it, or shifts it where nothing is to be
        shifted, hence the second one. ``logits_to_keep`` 0 keeps all.

        ``packing`` says that the one row holds several examples. With ``label_columns``, the flat columns after which a
        label carries loss (-1: none), nothing else goes through the vocabulary, and no logits come out.
        """
        outputs = self.body(
            input_ids,
            attention_mask=attention_mask,
            positions=position_ids if positions is None else positions,
            context_lengths=context_lengths,
            packing=packing,
            inputs_embeds=inputs_embeds,
            past_key_values=past_key_values,
            use_cache=use_cache,
            output_hidden_states=output_hidden_states,
        )
        if labels is not None and label_columns is not None:
            taught = self._loss_of(outputs.last_hidden_state, labels, label_columns, kwargs.get("num_items_in_batch"))
            return CausalLMOutputWithPast(loss=taught, hidden_states=outputs.hidden_states)
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        vocabulary: nn.Module = self.get_output_embeddings()  # type: ignore[no-untyped-call]
        logits = vocabulary(outputs.last_hidden_state[:, kept])
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **kwargs)
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=outputs.past_key_values, hidden_states=outputs.hidden_states
        )

    def _loss_of(self, hidden: Tensor, labels: Tensor, columns: Tensor, number: Tensor | int | None) -> Tensor:
        """A vocabulary that was changed (quantised, or tuned itself) goes its own way, at the price of the logits."""
        given, wanted = hidden.flatten(0, 1)[columns], labels.flatten()[columns + 1]
        vocabulary: nn.Module = self.get_output_embeddings()  # type: ignore[no-untyped-call]
        in_parts = hasattr(vocabulary.weight, "ds_id")  # DeepSpeed brings them together when the module runs
        if type(vocabulary) is nn.Linear and "forward" not in vocabulary.__dict__ and not in_parts:
            return vocabulary_loss(given, vocabulary.weight, wanted, number)
        total = nn.functional.cross_entropy(vocabulary(given).float(), wanted, reduction="sum")
        return total / ((wanted >= 0).sum().clamp(min=1) if number is None else number)

    def add_prefix(self, length: int, projection: bool = False, dropout: float = 0.1) -> None:
        """Give a loaded model a new prefix encoder, as loading it with ``pre_seq_len`` does; it is in float32."""
        config = self.config
        config.pre_seq_len, config.prefix_projection, config.prefix_dropout = length, projection, dropout
        with self.device:
            self.body.make_prefix()
        self.body.prefix_encoder.float().train(self.training)
        self.body.dropout.train(self.training)

    def remove_prefix(self) -> None:
        """Make it the model it was before ``add_prefix``."""
        self.config.pre_seq_len = None
        del self.body.prefix_encoder, self.body.dropout

    @contextmanager
    def without_prefix(self) -> Iterator[None]:
        """Leave the prefix out for a while, to compare the tuned model with its base."""
        length, self.config.pre_seq_len = self.config.pre_seq_len, None
        try:
            yield
        finally:
            self.config.pre_seq_len = length

    def chat(
        self, tokenizer: PiecesTokenizer, query: str, history: Turns | None = None, **options: Any
    ) -> tuple[str, History]:
        """Answer a question; ``Conversation.chat`` says how, and takes models wrapped by peft too."""
        return self.conversation.chat(self, tokenizer, query, history, **options)

    def stream_chat(
        self, tokenizer: PiecesTokenizer, query: str, history: Turns | None = None, **options: Any
    ) -> Iterator[tuple[str, History]]:
        """Answer a question, token by token."""
        return self.conversation.stream_chat(self, tokenizer, query, history, **options)
