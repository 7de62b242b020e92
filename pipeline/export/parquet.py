"""Parquet and a card that names splits, columns, licence and sources: what ``datasets`` and the hub read."""

from collections.abc import Mapping

from pipeline.export.card import card_of
from pipeline.export.target import Exported, Target


def _register(exported: Exported) -> Mapping[str, str]:
    return {"README.md": card_of(exported)}


PARQUET = Target(
    name="parquet",
    about="Parquet with a dataset card: datasets.load_dataset",
    container="parquet",
    suffix="parquet",
    register=_register,
    use=lambda exported: f'datasets.load_dataset("{exported.place}")',
    back=lambda is_chat: ("--format", "instruct/chat" if is_chat else "instruct/advertise_gen"),
)
HUB = Target(
    name="hub",
    about="the same, pushed to a hub (HF_ENDPOINT, or huggingface.co)",
    container="parquet",
    suffix="parquet",
    register=_register,
    use=lambda exported: f'datasets.load_dataset("{exported.place}")',
    back=PARQUET.back,
)
