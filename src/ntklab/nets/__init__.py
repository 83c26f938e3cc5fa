"""Networks of finite width as torch modules, in NTK parametrisation."""

from ntklab.errors import require

require("ensembles", "torch")
