"""How an experiment gets its mixtures: training knows nothing of the pipeline that mixes."""

from collections.abc import Callable, Sequence
from pathlib import Path


def mixer(data: Path, out: Path, seed: int) -> Callable[[str, Sequence[str]], Path]:
    """Names are looked for in ``data``; a mixture that is there already is not made again."""

    def mixed(name: str, amounts: Sequence[str]) -> Path:
        from pipeline.mixing.mix import mix

        return mix(amounts, name=name, data=data, out=out, seed=seed).dataset.path

    return mixed
