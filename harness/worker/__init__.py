"""The process that calls a framework, and how the parent talks to it."""
