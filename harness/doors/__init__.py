"""How opassay is entered: commands and the pytest plugin."""
