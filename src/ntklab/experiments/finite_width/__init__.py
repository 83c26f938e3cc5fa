"""The room finite_width."""
