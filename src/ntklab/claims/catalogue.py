"""All claims, of every paper."""

from ntklab.claims import diagrams, ensembles, equivntk
from ntklab.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = (*ensembles.CLAIMS, *equivntk.CLAIMS, *diagrams.CLAIMS)
