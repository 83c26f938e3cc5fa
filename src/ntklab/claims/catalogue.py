"""All claims, of every paper."""

from ntklab.claims import diagrams, ensembles, equivntk, feynman, image_ensembles
from ntklab.claims.claim import Claim

CLAIMS: tuple[Claim, ...] = (
    *ensembles.CLAIMS,
    *image_ensembles.CLAIMS,
    *equivntk.CLAIMS,
    *feynman.CLAIMS,
    *diagrams.CLAIMS,
)
