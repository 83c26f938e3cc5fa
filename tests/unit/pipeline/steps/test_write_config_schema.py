"""The schema and the comments of the config are written from the descriptions of its keys."""

from ntklab.pipeline.config import json_schema
from ntklab.pipeline.steps.write_config_schema import write_config_schema


def test_both_files_are_written_anew(project, tmp_path):
    shipped = (project / "config.yaml").read_text()
    config, schema = tmp_path / "config.yaml", tmp_path / "schemas/config.schema.json"
    config.write_text(shipped.replace("# integer >= 1, hidden layers", "# so many layers"))
    assert config.read_text() != shipped
    write_config_schema(output=schema, config=config)
    assert config.read_text() == shipped and schema.read_text() == json_schema()
    write_config_schema(output=schema, config=config)
    assert config.read_text() == shipped
