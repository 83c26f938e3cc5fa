"""The room kernel_convergence."""
