"""The room molecules."""
