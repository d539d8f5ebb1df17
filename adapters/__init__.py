"""Who answers: one folder per framework, plus the oracle. Nobody imports an adapter by name."""
