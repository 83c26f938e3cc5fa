"""Claims: statements of the papers, each with the number of this run that supports or contradicts it."""

from ntklab.errors import require

require("workflow", "pandas")
