"""What the figures show, as pure functions of predictions; NumPy only."""
