"""The script that installs a browser does no harm where it cannot."""

import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_name("install.sh")


def test_without_apt_it_says_what_is_missing_and_fails_nothing(tmp_path: Path) -> None:
    told = subprocess.run(["/bin/sh", SCRIPT], env={"PATH": str(tmp_path)}, capture_output=True, check=False, text=True)

    assert (told.returncode, told.stdout) == (0, "")
    assert "no apt-get on this system; install chromium" in told.stderr
