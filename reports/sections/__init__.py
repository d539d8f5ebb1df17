"""The contents of reports, as data."""
