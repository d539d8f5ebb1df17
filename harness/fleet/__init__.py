"""Campaigns on several machines: shards are tasks of a ``concurrent.futures.Executor``, answers files of a dataset."""
