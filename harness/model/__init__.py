"""The nouns. Standard library and NumPy only: a worker in any interpreter can import this."""
