"""What every adapter promises: ``AdapterContract``, which its tests inherit, and the process that asks the adapter."""
