"""The room aug_vs_gcnn."""
