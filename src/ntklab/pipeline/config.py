"""The config: the blocks of all rooms in one model, its ladder of scales, and errors a user can act on.

`config.yaml` holds the values. Each value is either one value for every scale, or a mapping smoke/laptop/paper; this
module picks the rung of the ladder, checks the result at all three scales, and generates the JSON schema editors use and
the comments of config.yaml, both from the descriptions of the fields.
"""

import difflib
import json
import textwrap
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError, create_model

from ntklab.errors import InputError
from ntklab.pipeline.catalogue import experiments
from ntklab.pipeline.settings import Block, Count

Scale = Literal["smoke", "laptop", "paper"]
SCALES: tuple[str, ...] = get_args(Scale)
HOW = ("device", "members_per_chunk", "mirrors")
"""Keys that decide how something is computed or fetched, not what: no rule reruns when they change."""
COMMENT_WIDTH = 120


class ConfigError(InputError):
    """What is wrong in the config, where, and what is allowed: one line."""


class General(Block):
    """Everything that decides what is computed. Threads, memory and partitions are in profiles/."""

    scale: Scale
    """smoke (everything in minutes, for a first look), laptop (half an hour) or paper (the papers' sizes): how much is
    computed, never what"""
    seed: Annotated[int, Ge(0), Le(2**63)]
    """integer >= 0, root of every random draw; change it to see how much a result depends on chance"""
    device: Literal["cpu", "cuda"]
    """cpu, or cuda for one GPU per job: where ensembles are trained; changing it reruns nothing that is done"""
    precision: Literal["float32", "tf32"]
    """float32, or tf32, in which a GPU multiplies faster, with every factor rounded to three digits: compare a few
    members in both before you trust it; changing it trains all ensembles anew"""
    members_per_chunk: Count
    """integer >= 1, members trained at once: 1 on a CPU (they share its cache), 64 to 256 on a GPU; changing it reruns
    nothing that is done"""
    downloads: str
    """folder for what is downloaded (source: full), kept when results/ is deleted"""
    mirrors: list[str]
    """list of URLs of folders in which published files are looked for first, e.g. [http://mirror.example/data]"""


def _model() -> type[General]:
    """The general keys and the blocks of all rooms."""
    blocks = {name: (room.blocks[name], ...) for name, room in experiments().items()}
    return create_model("Config", __base__=General, __doc__=General.__doc__, **blocks)


Config = _model()


def at_scale(values: Any, scale: str, place: str = "") -> Any:
    """Replace every mapping smoke/laptop/paper in nested config values by its entry for `scale`."""
    if not isinstance(values, Mapping):
        return values
    if set(values) & set(SCALES):
        if set(values) != set(SCALES):
            raise ConfigError(
                f"{place}: a value by scale names exactly smoke, laptop and paper, not {', '.join(values)}"
            )
        return values[scale]
    return {key: at_scale(value, scale, f"{place}.{key}".lstrip(".")) for key, value in values.items()}


def _block(path: tuple[Any, ...]) -> type[BaseModel]:
    """The model of the block in which the last key of `path` stands."""
    block: type[BaseModel] = Config
    for key in path[:-1]:
        annotation = block.model_fields[key].annotation if key in block.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        block = annotation
    return block


def describe(block: type[BaseModel], key: str) -> str:
    """The description of a key, in one line: the string below its field, or of a block that of its class."""
    field = block.model_fields[key]
    return " ".join((field.description or typing.cast(type, field.annotation).__doc__ or "").split())


def _line(error: Mapping[str, Any]) -> str:
    """One error of pydantic as `ising.width: what is wrong (what is allowed)`."""
    path, kind = tuple(error["loc"]), error["type"]
    names = [key for key in path if isinstance(key, str)]
    place, block = ".".join(names), _block(tuple(names))
    if kind == "extra_forbidden":
        close = difflib.get_close_matches(names[-1], block.model_fields, n=1)
        hint = (
            f'Did you mean "{close[0]}"? ({describe(block, close[0])})'
            if close
            else "Known keys: " + ", ".join(block.model_fields)
        )
        return f"{place}: unknown key. {hint}"
    if kind == "value_error":
        said = str(error["ctx"]["error"])
        return ".".join([*names, said]) if _names_key(said, path, block) else f"{place}: {said}"
    received = "" if kind == "missing" else f", not {error['input']!r}"
    message = {"missing": "missing", "model_type": "a block of keys is needed"}.get(kind) or (
        error["msg"][0].lower() + error["msg"][1:]
    )
    described = f" ({describe(block, names[-1])})" if names and names[-1] in block.model_fields else ""
    return f"{place}: {message}{received}{described}"


def _names_key(said: str, path: tuple[Any, ...], block: type[BaseModel]) -> bool:
    """Whether the message of a block's own check begins with the key that it is about."""
    inside = _block((*path, "")) if path else block
    return said.partition(":")[0].partition(".")[0] in inside.model_fields


def load(values: Mapping[str, Any]) -> General:
    """The config at its own scale, from the merged values of `config.yaml`, extra files and the command line.

    All three scales are checked. `ConfigError` is one line, `key: what is wrong (what is allowed)`.
    """
    chosen = values.get("scale")
    if chosen not in SCALES:
        close = difflib.get_close_matches(str(chosen), SCALES, n=1)
        hint = f'Did you mean "{close[0]}"? ' if close else ""
        raise ConfigError(f"scale: {chosen!r} is not a scale. {hint}(one of {', '.join(SCALES)})")
    configs = {scale: _load_at(values, scale) for scale in (chosen, *SCALES)}
    return configs[chosen]


def _load_at(values: Mapping[str, Any], scale: str) -> General:
    try:
        return Config.model_validate(at_scale(values, scale))
    except ValidationError as error:
        # A misspelt key is also a missing one; the spelling is what helps.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        raise ConfigError(f"{_line(first)} [scale {scale}]") from None


def json_schema() -> str:
    """JSON schema of config.yaml, in which every value may also be a mapping smoke/laptop/paper."""
    schema = Config.model_json_schema()
    for block in (schema, *schema["$defs"].values()):
        block["description"] = " ".join(block.get("description", "").split())
        for name, value in block["properties"].items():
            if "description" in value:
                value["description"] = " ".join(value["description"].split())
            if name != "scale" and "$ref" not in value:
                description = {k: value.pop(k) for k in ("description", "title") if k in value}
                ladder = {"type": "object", "required": list(SCALES), "additionalProperties": False}
                ladder["properties"] = dict.fromkeys(SCALES, value)
                block["properties"][name] = {**description, "anyOf": [value, ladder]}
    return json.dumps(schema, indent=2) + "\n"


def with_comments(text: str) -> str:
    """The text of config.yaml with every key's description above it, and no other comments but those of the head.

    The head ends with the first empty line. Keys by scale, and entries of lists and mappings that are values, have none.
    """
    head, _, body = text.partition("\n\n")
    return head + "\n" + "".join(f"{line}\n" for line in _commented(body.splitlines()))


def _commented(lines: list[str]) -> Iterator[str]:
    path: list[tuple[int, str]] = []
    for line in lines:
        content = line.split(" #")[0].rstrip()
        if not content or content.lstrip().startswith("#"):
            continue
        indent, key = len(content) - len(content.lstrip()), content.strip().partition(":")[0]
        path = [(depth, name) for depth, name in path if depth < indent] + [(indent, key)]
        names = tuple(name for _, name in path)
        block = _block(names)
        if key in block.model_fields and len(names) == 1 + _depth(names):
            if indent == 0:
                yield ""
            for part in textwrap.wrap(describe(block, key), COMMENT_WIDTH - indent - 2):
                yield f"{' ' * indent}# {part}"
        yield content


def _depth(names: tuple[str, ...]) -> int:
    """How many of the names, from the first on, are blocks."""
    depth, block = 0, Config
    for name in names[:-1]:
        annotation = block.model_fields[name].annotation if name in block.model_fields else None
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        depth, block = depth + 1, annotation
    return depth
