"""`opassay how`: one op in two frameworks, as code that has been run."""
