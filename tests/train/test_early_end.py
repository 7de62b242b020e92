"""What ends a training before its time is one line that says what is kept."""

import errno
import json
import os
import shutil
from pathlib import Path

import pytest
from safetensors import SafetensorError
from torch.distributed import DistNetworkError

from train.early_end import FullDisk, Interrupted, LostProcess, early_end


def _with_checkpoint(folder: Path) -> Path:
    checkpoint = folder / "checkpoint-20"
    checkpoint.mkdir()
    (checkpoint / "trainer_state.json").write_text(json.dumps({"global_step": 20}), encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)"),
    ],
)
def test_a_full_disk_is_told_with_the_checkpoint_to_go_on_from(tmp_path: Path, error: Exception) -> None:
    folder = _with_checkpoint(tmp_path)

    with pytest.raises(FullDisk) as told, early_end(folder):
        raise error

    kept = "checkpoint-20 is kept: go on from it with --resume"
    assert str(told.value) == f"{folder}: no space left on its disk; make room; {kept}"
    assert told.value.exit_code == 1


def test_a_writer_that_does_not_say_why_it_failed_is_believed_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))

    with pytest.raises(FullDisk, match="there was no checkpoint yet"), early_end(tmp_path):
        raise RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("[/gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:36521"),
        RuntimeError("[/gloo/transport/tcp/pair.cc:537] Read error [127.0.0.1]:17617: Connection reset by peer."),
        DistNetworkError("Broken pipe"),
    ],
)
def test_a_process_that_has_gone_is_told_with_the_checkpoint_to_go_on_from(tmp_path: Path, error: Exception) -> None:
    folder = _with_checkpoint(tmp_path)

    with pytest.raises(LostProcess) as told, early_end(folder):
        raise error

    kept = "checkpoint-20 is kept: go on from it with --resume"
    assert str(told.value) == f"{folder}: another process has gone, the launcher says why; {kept}"


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), OSError(errno.EIO, "Input/output error")])
def test_what_has_nothing_to_do_with_the_disk_passes_as_it_is(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as passed, early_end(tmp_path):
        raise error

    assert passed.value is error


def test_an_interruption_says_that_nothing_was_kept_yet(tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="interrupted; there was no checkpoint yet"), early_end(tmp_path):
        raise KeyboardInterrupt
