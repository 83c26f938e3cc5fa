"""The room diagrams."""
