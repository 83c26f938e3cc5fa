"""Generate what is said about the config's keys in two places from their one description."""

from pathlib import Path

from ntklab.files import atomic
from ntklab.pipeline.config import json_schema, with_comments


def write_config_schema(
    *, output: Path = Path("workflow/schemas/config.schema.json"), config: Path = Path("config.yaml")
) -> None:
    """Write the JSON schema with which editors complete and check the config, and the comments of config.yaml.

    Run by hand after a change of a room's settings.py; a test compares both files.
    """
    commented = with_comments(config.read_text())
    for path, text in ((output, json_schema()), (config, commented)):
        with atomic(path) as temporary:
            temporary.write_text(text)
