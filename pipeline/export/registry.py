"""The targets in plain sight."""

from collections.abc import Mapping

from pipeline.export.alpaca import ALPACA
from pipeline.export.axolotl import AXOLOTL
from pipeline.export.firefly import FIREFLY
from pipeline.export.llama_factory import LLAMA_FACTORY
from pipeline.export.ms_swift import MS_SWIFT
from pipeline.export.official import OFFICIAL
from pipeline.export.openai import OPENAI
from pipeline.export.parquet import HUB, PARQUET
from pipeline.export.sharegpt import SHAREGPT
from pipeline.export.target import Target

TARGETS: Mapping[str, Target] = {
    target.name: target
    for target in (
        LLAMA_FACTORY,
        MS_SWIFT,
        AXOLOTL,
        FIREFLY,
        SHAREGPT,
        ALPACA,
        OPENAI,
        OFFICIAL,
        PARQUET,
        HUB,
    )
}
