"""``opassay check``: one function of the user, judged as an op of the catalogue."""
