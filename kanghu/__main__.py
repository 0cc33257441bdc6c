"""``python -m kanghu`` is ``kanghu``."""

from kanghu.cli import main

main()
