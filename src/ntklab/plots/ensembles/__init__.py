"""Figures of `Emergent Equivariance in Deep Ensembles` (Gerken & Kessel 2024)."""
