"""The Hugging Face hub, or a mirror of it, as its library finds it: HF_ENDPOINT, HF_HOME, HF_HUB_OFFLINE, HF_TOKEN."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from train.models.hubs.hub import SECONDS, Unavailable, failures, reason


class HuggingFace:
    @property
    def place(self) -> str:
        from huggingface_hub import constants

        return str(constants.ENDPOINT)

    @property
    def cache(self) -> Path:
        from huggingface_hub import constants

        return Path(constants.HF_HUB_CACHE)

    def cached(self, name: str) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        file = try_to_load_from_cache(name, "config.json", cache_dir=self.cache)
        return Path(file).parent if isinstance(file, str) else None

    def files(self, name: str) -> Mapping[str, int]:
        from huggingface_hub import HfApi

        try:
            info = HfApi(endpoint=self.place).model_info(name, files_metadata=True, timeout=SECONDS)
        except failures() as error:
            raise Unavailable(self._reason(name, error)) from None
        return {file.rfilename: file.size or 0 for file in info.siblings or ()}

    def fetch(self, name: str, files: Iterable[str]) -> Path:
        from huggingface_hub import snapshot_download

        try:
            folder = snapshot_download(
                name, cache_dir=self.cache, endpoint=self.place, allow_patterns=list(files), etag_timeout=SECONDS
            )
        except failures() as error:
            raise Unavailable(self._reason(name, error)) from None
        return Path(str(folder))

    def _reason(self, name: str, error: Exception) -> str:
        from huggingface_hub import errors

        if isinstance(error, errors.OfflineModeIsEnabled):
            return f"HF_HUB_OFFLINE forbids to look on {self.place}"
        if isinstance(error, errors.GatedRepoError):
            return f"{self.place}/{name} asks you to accept its terms; do so there, and set HF_TOKEN"
        if isinstance(error, errors.RepositoryNotFoundError):
            return f"{self.place} knows no such model, or shows it to others only (HF_TOKEN)"
        if isinstance(error, errors.HfHubHTTPError):
            return f"{self.place} answered with status {error.response.status_code}"
        return reason(self.place, error)
