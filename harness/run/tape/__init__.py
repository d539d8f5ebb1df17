"""Tapes: recorded answers of every target, to test judge, oracle and known differences without frameworks."""
