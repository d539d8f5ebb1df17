"""A framework that grows older: see ``adapter``."""
