"""The tape: what every target answered, kept, so that judge, oracle and known differences can be proved without any."""
