"""One root seed, named child seeds: every random draw of the project starts here."""

import hashlib

import numpy as np


def generator(root: int, *names: str | int) -> np.random.Generator:
    """Random generator that depends on the root seed and on the names only.

    Different names give independent streams (NumPy's `SeedSequence`); the same names give the same stream on every
    machine, in every process and in whatever order the streams are asked for.
    """
    digest = hashlib.sha256(repr(names).encode()).digest()
    spawn_key = tuple(int(word) for word in np.frombuffer(digest, dtype="<u4"))
    return np.random.default_rng(np.random.SeedSequence(root, spawn_key=spawn_key))
