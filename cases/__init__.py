"""What to test: one file per op family, with the tables of its draws, the rules to break, and its pins."""
