"""A folder that appears complete or not at all: everything is written beside it and renamed at the end.

``data/.patent.unfinished/`` holds the folder to be (``dataset``), the finished parts of the work (``parts``) and, for
an instant, the dataset that is being replaced (``replaced``). ``data/.patent.lock`` says who is writing it.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.durable import sync
from pipeline.lock import held, lock_of
from pipeline.spool import finished_parts
from schemas.dataset import MANIFEST
from schemas.errors import DatasetError, OptionError, OutcomeError, PrepError


def working_folder(target: Path) -> Path:
    """Where a dataset is made."""
    return target.with_name(f".{target.name}.unfinished")


def parts_of(folder: Path) -> Path:
    """Where the parts lie of which the folder is made."""
    return folder.with_name("parts")


@contextmanager
def unfinished(target: Path, *, resume: bool = False) -> Iterator[Path]:
    """A new folder for ``publish``, held against other runs.

    What a killed run left behind is removed, but for its finished parts where they are to be resumed. Finished parts
    also stay behind where the work is broken off by what is no mistake of the user (a full disk, a bug of ours), or by
    anything that can be mended if ``resume`` is asked for. Raises DatasetError where nothing can be written or another
    run is writing.
    """
    work = working_folder(target)
    with ExitStack() as holding:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            holding.enter_context(held(target))
            folder = _begin(work, target, resume=resume)
        except OSError as error:
            raise DatasetError(
                f"{target.parent}: cannot be written to: {error.strerror}; choose another --out"
            ) from None
        stays, told = False, None
        try:
            yield folder
        except BaseException as error:
            stays = _may_stay(error, resume=resume) and finished_parts(parts_of(folder)) > 0
            told = _told(error, target, stays=stays)
            if told is error:
                raise
            raise told from error
        finally:
            told = None  # or it would hold itself by its traceback, and with it parts that are mapped
            _remove(folder if stays else work)


def _begin(work: Path, target: Path, *, resume: bool) -> Path:
    folder, replaced = work / "dataset", work / "replaced"
    if replaced.exists() and not target.exists():
        replaced.rename(target)  # a run was killed between the two renames of publish
    for leftover in (folder, replaced) if resume else (work,):
        if leftover.exists():
            shutil.rmtree(leftover)
    work.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir()
    return folder


def _may_stay(error: BaseException, *, resume: bool) -> bool:
    if isinstance(error, (OptionError, OutcomeError)):
        return False
    return resume or not isinstance(error, (PrepError, KeyboardInterrupt))


def _told(error: BaseException, target: Path, *, stays: bool) -> BaseException:
    """The same error, with what became of the work where the user has to know it."""
    behind = f"finished parts stay in {working_folder(target)}, go on with --resume" if stays else ""
    if isinstance(error, KeyboardInterrupt) and stays:
        return KeyboardInterrupt(f"interrupted; {behind}")
    if isinstance(error, MemoryError):
        return DatasetError(f"{target}: not written: not enough memory; {behind or 'nothing was left behind'}")
    if isinstance(error, OSError):
        why = error.strerror or error
        return DatasetError(f"{target}: not written: {why}; {behind or 'nothing was left behind'}")
    return error


def _remove(folder: Path) -> None:
    """Also if a second Ctrl-C comes in the middle of it."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def publish(folder: Path, target: Path) -> None:
    """Give a finished folder its name, once all of it is on the disk; one that is in the way is replaced."""
    for path in (*folder.rglob("*"), folder):
        sync(path)
    if not target.exists():
        folder.rename(target)
    else:
        replaced = folder.with_name("replaced")
        target.rename(replaced)
        try:
            folder.rename(target)
        except OSError:
            replaced.rename(target)
            raise
    sync(target.parent)


def is_tidy(target: Path) -> bool:
    """Whether no run is writing there, and none was killed that had."""
    return not working_folder(target).exists() and not lock_of(target).exists()


def is_ours(folder: Path) -> bool:
    """Whether a folder may be replaced: a dataset, or empty."""
    return (folder / MANIFEST).is_file() or (folder.is_dir() and not any(folder.iterdir()))
