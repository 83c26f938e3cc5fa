"""Ensembles of fully connected networks on the orbits of a group: one way to train, predict and measure, for every
representation of the outputs."""
