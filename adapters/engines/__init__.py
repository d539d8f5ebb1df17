"""Differences of kernel libraries, stated once for all frameworks that use them. Imports no framework."""
