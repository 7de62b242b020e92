"""An export is pushed to a hub by the hub's own library, which heeds its endpoint, its login and its proxies."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from pipeline.export.card import check_license
from schemas.errors import DatasetError, OptionError

_REPO = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_FILES = ("train.parquet", "dev.parquet", "test.parquet")


def check_statement(repo: str | None, license_: str | None, sources: Sequence[str]) -> str:
    """The repository, once licence and sources are stated; raises OptionError where something is missing."""
    given = {"--repo OWNER/NAME": repo, "--license NAME": license_, "--source TEXT": sources}
    if missing := [option for option, value in given.items() if not value]:
        raise OptionError(
            f"--to hub: {' and '.join(missing)} not given; strangers must know what they may do with the texts and "
            "where those are from, e.g. --repo me/legal --license cc-by-4.0 --source https://example.org/legal"
        )
    if repo is None or not _REPO.fullmatch(repo):
        raise OptionError(f"--repo {repo}: expected OWNER/NAME, e.g. me/legal")
    check_license(license_ or "")
    return repo


def push(folder: Path, repo: str, *, private: bool) -> str:
    """Make the repository where there is none, and commit the card and the splits; the URL of the data set.

    A split that is no longer in the export goes from the repository. Raises DatasetError with what the hub said.
    """
    from huggingface_hub import HfApi, constants
    from huggingface_hub.errors import HfHubHTTPError

    api = HfApi()
    any_of_its_client = cast(type[Exception], HfHubHTTPError.__bases__[0])  # httpx, httpx2 or requests, by its version
    try:
        url = api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        api.upload_folder(
            repo_id=repo,
            repo_type="dataset",
            folder_path=folder,
            allow_patterns=["README.md", *_FILES],
            delete_patterns=[*_FILES],
            commit_message="Export by prep",
        )
    except (any_of_its_client, OSError, ValueError) as error:
        raise DatasetError(_refused(repo, constants.ENDPOINT, error)) from None
    return str(url)


def _refused(repo: str, endpoint: str, error: Exception) -> str:
    status = getattr(getattr(error, "response", None), "status_code", None)
    what = " ".join(str(getattr(error, "server_message", None) or error).split())[:200] or type(error).__name__
    help_ = {
        401: "log in with: hf auth login",
        403: "this login may not write there: use a token that may, or another --repo",
    }.get(status or 0, "the export lies in its folder: push again when the hub can be reached, see HF_ENDPOINT")
    return f"{repo}: not pushed to {endpoint}: {what}; {help_}"
