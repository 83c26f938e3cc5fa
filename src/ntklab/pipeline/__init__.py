"""What rooms build on, what finds them without naming them, and the steps that several of them share."""

from ntklab.errors import require

require("workflow", "cyclopts", "pandas", "pyarrow", "pydantic")
