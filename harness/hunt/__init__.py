"""After a run: failing records become findings, each with a smallest case, a cause and a script."""
