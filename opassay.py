"""The public face of opassay: ``from opassay import Adapter, Case``; also the pytest plugin's entry point."""
