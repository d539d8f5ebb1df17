"""These packages are installed and tested in an environment of their own: see test_third_party.py."""

collect_ignore_glob = ["*"]
