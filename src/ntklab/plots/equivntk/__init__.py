"""Figures of `Equivariant Neural Tangent Kernels` (Misof, Kessel & Gerken 2025)."""
