"""What kernels do differently, as predicates over cases. No framework here."""
