"""Arrays of the user's own: read from files, made a case, and answers to it judged."""
