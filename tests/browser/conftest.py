"""One browser for all tests of pages; without one they are skipped."""

from collections.abc import Iterator

import pytest

from tests.browser.chromium import Chromium, chromium, find_chromium


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    if find_chromium() is None:
        pytest.skip("no Chromium here; as root on Debian, sh tests/browser/install.sh installs it")
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started
