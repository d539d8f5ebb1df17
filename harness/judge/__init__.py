"""Pure functions from (case, outcome, reference) to a verdict with figures."""
