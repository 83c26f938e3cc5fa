"""All claims, of every paper."""

from ntklab.claims import ensembles, equivntk, feynman
from ntklab.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = (*ensembles.CLAIMS, *equivntk.CLAIMS, *feynman.CLAIMS)
