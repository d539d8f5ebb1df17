"""What reports read: the table and what lies beside it."""
