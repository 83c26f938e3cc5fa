"""The room kernel_identity."""
