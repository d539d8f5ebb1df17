"""Tables and pages, made from the results table only."""
