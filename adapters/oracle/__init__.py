"""The NumPy reference, one file per op family. Never imports a framework."""
