"""The room hist_kernel."""
