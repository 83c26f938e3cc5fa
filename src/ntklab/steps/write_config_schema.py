"""Generate the JSON schema with which editors complete and check config.yaml."""

from pathlib import Path

from ntklab.config import json_schema
from ntklab.files import atomic


def write_config_schema(*, output: Path = Path("workflow/schemas/config.schema.json")) -> None:
    """Write the schema; run by hand after a change of config.py, a test compares the two."""
    with atomic(output) as temporary:
        temporary.write_text(json_schema())
