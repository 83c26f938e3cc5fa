"""Feynman diagrams of finite-width statistics: from the rules to diagrams, algebra, numbers and pictures."""
