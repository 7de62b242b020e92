"""``python -m prep``."""

from prep.cli.main import main

main()
