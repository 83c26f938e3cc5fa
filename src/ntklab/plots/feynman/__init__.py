"""Figures of `Finite-Width Neural Tangent Kernels from Feynman Diagrams` (Guillen, Misof & Gerken, arXiv 2508.11522v4)."""
