"""What happens after a run: from failing records to findings that a person can act on."""
