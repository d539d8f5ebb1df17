"""``python -m opassay``: the command."""

from opassay import main

main()
