"""Screenshots for people: ``python -m tests.browser.shots PAGE.html FOLDER`` at 1280 and 390 pixels."""

import sys
import tempfile
from pathlib import Path

from tests.browser.chromium import chromium


def main(page: str, folder: str) -> None:
    """Write ``PAGE-1280.png`` and ``PAGE-390.png``."""
    path, out = Path(page), Path(folder)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        for width in (1280, 390):
            browser.open(path, width)
            shot = browser.screenshot(out / f"{path.stem}-{width}.png")
            size = browser.run("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
            print(shot, size, browser.complaints, sep="\t")  # noqa: T201 (this is what it is for)


if __name__ == "__main__":
    main(*sys.argv[1:])
