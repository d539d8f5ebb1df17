"""``python -m opassay``: the command."""

from opassay import main

# Processes that are spawned for a cluster on this machine import this module again.
if __name__ == "__main__":
    main()
