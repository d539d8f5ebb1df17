"""Differences of kernels, as predicates over cases. Imports no framework."""
