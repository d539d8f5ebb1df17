"""What is asked, decided before anything runs."""
