"""ntklab: neural tangent kernels, data augmentation and Feynman diagrams.

The library behind the pipeline: arrays in, arrays out. See README.md for a tour.
"""
