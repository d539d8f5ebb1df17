"""`opassay check`: one function of the user's, judged as an op of the catalogue."""
