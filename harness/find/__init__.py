"""Finds ops, adapters and targets."""
