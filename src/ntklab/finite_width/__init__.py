"""Statistics of networks and their NTK at order 1/width: solved exactly layer by layer, and sampled."""
