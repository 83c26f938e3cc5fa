"""The room ising."""
