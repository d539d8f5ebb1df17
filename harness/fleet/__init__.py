"""Campaigns past one machine: shards as tasks of any ``concurrent.futures.Executor``, answers as files of a dataset."""
