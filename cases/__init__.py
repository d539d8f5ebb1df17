"""What to try: one file per op family, with strategies, invalid-input rules and pins."""
