"""What we tell: tables and pages made from the results table only."""
