"""Adapters, one folder per framework, and the oracle. No module imports an adapter by name."""
