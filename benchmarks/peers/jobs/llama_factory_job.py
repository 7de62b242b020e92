"""Runs inside the environment of LLaMA-Factory: its columns and its split. python llama_factory_job.py FOLDER

Its public entry would load a model's tokenizer and encode, too; what runs here are the two steps before that.
"""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

silent = ModuleType("torchaudio")  # imported for sound alone; its wheels do not load beside a torch without CUDA
silent.__spec__ = ModuleSpec("torchaudio", None)
sys.modules["torchaudio"] = silent

from llamafactory.data.data_utils import split_dataset  # noqa: E402
from llamafactory.data.loader import _get_merged_dataset as get_merged_dataset  # noqa: E402
from llamafactory.hparams import DataArguments, ModelArguments, TrainingArguments  # noqa: E402

WORKERS = 2


def main(folder: str) -> None:
    data = DataArguments(
        dataset="papers",
        dataset_dir=folder,
        template="default",
        val_size=0.1,
        preprocessing_num_workers=WORKERS,
        overwrite_cache=True,
    )
    training = TrainingArguments(output_dir=folder, report_to=[], use_cpu=True)
    model = ModelArguments(model_name_or_path="none")
    merged = get_merged_dataset(data.dataset, model, data, training, stage="sft")
    train, held_out = split_dataset(merged, None, data, seed=training.seed)
    print(f"kept {len(train['train']) + len(held_out['validation']):,}")


if __name__ == "__main__":
    main(sys.argv[1])
