"""What to try: one file per op family, each with what its cases are drawn from, its rules to break, and its pins."""
