"""What to try: one file per op family, each with its strategies, its rules to break, and its pins."""
