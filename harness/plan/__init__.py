"""The plan of a run: which cases run on which targets."""
