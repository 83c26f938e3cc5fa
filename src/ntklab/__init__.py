"""ntklab."""
