"""A folder appears complete or not at all."""

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from pipeline.folder import is_ours, parts_of, publish, unfinished, working_folder
from schemas.errors import DatasetError, OptionError, OutcomeError, SourceError


def test_a_finished_folder_gets_its_name(tmp_path: Path) -> None:
    target = tmp_path / "data" / "patent"

    with unfinished(target) as folder:
        (folder / "manifest.json").write_text("{}")
        assert not target.exists()
        publish(folder, target)

    assert (target / "manifest.json").read_text() == "{}"
    assert [path.name for path in target.parent.iterdir()] == ["patent"]


def test_a_published_folder_may_be_read_by_others(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        with unfinished(tmp_path / "patent") as folder:
            publish(folder, tmp_path / "patent")
    finally:
        os.umask(mask)

    assert stat.S_IMODE((tmp_path / "patent").stat().st_mode) == 0o755


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError("a bug")])
def test_whatever_happens_nothing_unfinished_stays(tmp_path: Path, error: Any) -> None:
    def fail(folder: Path) -> None:
        (folder / "train.json").write_text("half")
        raise error

    with pytest.raises((KeyboardInterrupt, RuntimeError)), unfinished(tmp_path / "patent") as folder:
        fail(folder)

    assert list(tmp_path.iterdir()) == []


def test_a_second_interruption_does_not_stop_the_tidying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    remove, calls = shutil.rmtree, []

    def interrupted(path: Path, **options: Any) -> None:
        calls.append(path)
        if len(calls) == 1:
            raise KeyboardInterrupt
        remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", interrupted)

    with pytest.raises(KeyboardInterrupt), unfinished(tmp_path / "patent"):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_disk_is_one_of_the_dataset(tmp_path: Path) -> None:
    expected = "patent: not written: No space left on device; nothing was left behind"

    with pytest.raises(DatasetError, match=expected), unfinished(tmp_path / "patent"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_is_in_the_way_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "patent"
    target.mkdir()
    (target / "old.json").write_text("old")

    with unfinished(target) as folder:
        (folder / "new.json").write_text("new")
        publish(folder, target)

    assert [path.name for path in target.iterdir()] == ["new.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["patent"]


def test_if_renaming_fails_the_old_folder_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "patent"
    target.mkdir()
    (target / "old.json").write_text("old")
    rename = Path.rename

    def failing(path: Path, to: Path) -> Path:
        if to == target and path.name != "replaced":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return rename(path, to)

    monkeypatch.setattr(Path, "rename", failing)

    with pytest.raises(DatasetError, match="Input/output error"), unfinished(target) as folder:
        publish(folder, target)

    assert [path.name for path in target.iterdir()] == ["old.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["patent"]


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    left = working_folder(tmp_path / "patent")
    (left / "parts").mkdir(parents=True)
    (left / "dataset").mkdir()
    (left / "parts" / "00000.000000.done").write_text("{}")
    (left / "dataset" / "train.json").write_text("half")

    with unfinished(tmp_path / "patent") as folder:
        assert list(folder.iterdir()) == []
        assert not parts_of(folder).exists()

    assert list(tmp_path.iterdir()) == []


def test_finished_parts_are_found_again_where_they_are_asked_for(tmp_path: Path) -> None:
    left = working_folder(tmp_path / "patent")
    (left / "parts").mkdir(parents=True)
    (left / "dataset").mkdir()
    (left / "parts" / "00000.000000.done").write_text("{}")
    (left / "dataset" / "train.json").write_text("half")

    with unfinished(tmp_path / "patent", resume=True) as folder:
        assert list(folder.iterdir()) == []
        assert [path.name for path in parts_of(folder).iterdir()] == ["00000.000000.done"]


ENDS: list[tuple[BaseException, bool, bool]] = [
    (KeyboardInterrupt(), False, False),
    (KeyboardInterrupt(), True, True),
    (SourceError("damaged"), False, False),
    (SourceError("damaged"), True, True),
    (OSError(errno.ENOSPC, "full"), False, True),
    (MemoryError(), False, True),
    (RuntimeError("a bug"), False, True),
    (OutcomeError("nothing came out"), True, False),
    (OptionError("cannot be"), True, False),
]


@pytest.mark.parametrize(("error", "resume", "stays"), ENDS, ids=lambda value: type(value).__name__)
def test_finished_parts_stay_where_the_work_can_go_on(
    tmp_path: Path, error: BaseException, resume: bool, stays: bool
) -> None:
    def fail(folder: Path) -> None:
        parts_of(folder).mkdir()
        (parts_of(folder) / "00000.000000.done").write_text("{}")
        raise error

    with pytest.raises(BaseException), unfinished(tmp_path / "patent", resume=resume) as folder:  # noqa: B017, PT011
        fail(folder)

    left = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))]
    kept = [".patent.unfinished", ".patent.unfinished/parts", ".patent.unfinished/parts/00000.000000.done"]
    assert left == (kept if stays else [])


def test_a_run_that_was_killed_between_two_renames_gives_back_what_it_replaced(tmp_path: Path) -> None:
    old = working_folder(tmp_path / "patent") / "replaced"
    old.mkdir(parents=True)
    (old / "manifest.json").write_text(json.dumps("old"))

    with unfinished(tmp_path / "patent"):
        pass

    assert json.loads((tmp_path / "patent" / "manifest.json").read_text()) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["patent"]


def test_only_datasets_and_empty_folders_are_ours(tmp_path: Path) -> None:
    for name in ("empty", "dataset", "thesis"):
        (tmp_path / name).mkdir()
    (tmp_path / "dataset" / "manifest.json").touch()
    (tmp_path / "thesis" / "chapter.txt").touch()
    (tmp_path / "file").touch()

    assert [is_ours(tmp_path / name) for name in ("empty", "dataset", "thesis", "file")] == [True, True, False, False]
