# The checked config, and the few helpers that every rule file uses.
import glob
import json
import os
import re
import sys

from snakemake.common.configfile import load_configfile

from ntklab.pipeline import catalogue, commands
from ntklab.pipeline.config import ConfigError, load
from ntklab.pipeline.digest import code_digest
from ntklab.pipeline.shards import ranges


def checked_config():
    """The config at its scale; a mistake in it ends the run with one line that names the file and the key."""
    try:
        return load(config)
    except ConfigError as error:
        sys.exit(f"{source_of(str(error).partition(':')[0])}, {error}")


def source_of(key):
    """Where the value of a key came from: the command line, else the last config file that has it."""
    if key in workflow.config_settings.config:
        return "--config"
    for path in reversed(workflow.config_settings.configfiles):
        if has(load_configfile(path), key.split(".")):
            return os.path.relpath(path)
    return "config.yaml"


def has(values, keys):
    """Whether nested config values have an entry at this path."""
    return not keys or (isinstance(values, dict) and keys[0] in values and has(values[keys[0]], keys[1:]))


CONFIG = checked_config()
SETTINGS = CONFIG.model_dump()
SCALE = CONFIG.scale
RESULTS = f"results/{SCALE}"
GPU = 1 if CONFIG.device == "cuda" else 0
NO_AUGMENTATION = "c1"


wildcard_constraints:
    augmentation=r"\w+",
    depth=r"\d+",
    width=r"\d+",
    first=r"\d+",
    last=r"\d+",


def setting(path):
    """The config value at a path such as "ising.width" (wildcards filled in), for a rule's params.

    How something is computed (CONFIG.device, CONFIG.members_per_chunk) is no param, and stands in the shell command.
    """
    return lookup(dpath=path.replace(".", "/"), within=SETTINGS)


def network(experiment, block="network"):
    """A block of a network as JSON, with the experiment's `weight_variance` if the block has none of its own."""
    settings = SETTINGS[experiment]
    return json.dumps({**{k: settings[k] for k in ("weight_variance",) if k in settings}, **settings[block]})


def step_code(step, **entries):
    """Digest of the code behind a step, so that editing it reruns the rule and editing a comment or log line does not.

    Of the registries in REGISTRIES a rule may say which entries it uses; of the groups it is those that the config names.
    """
    used = {REGISTRIES[name]: keys for name, keys in {"groups": NAMED, **entries}.items()}
    return code_digest(f"{commands.steps()[step]}:{step}", entries=used)


def strings(values):
    """All strings among nested config values."""
    if isinstance(values, dict):
        values = list(values.values())
    if isinstance(values, list):
        return {string for value in values for string in strings(value)}
    return {values} if isinstance(values, str) else set()


NAMED = strings(SETTINGS) | {NO_AUGMENTATION}
REGISTRIES = {
    "groups": "ntklab.groups:REGISTRY",
    "classifiers": "ntklab.nets.image_classifiers:CLASSIFIERS",
    "setups": "ntklab.experiments.finite_width.setups:SETUPS",
    "trained_setups": "ntklab.experiments.training.setups:SETUPS",
}


def experiments_of(room):
    """The experiments of a room, as a wildcard constraint."""
    return "|".join(catalogue.rooms()[room].blocks)


def shards(pattern, count, size):
    """Paths of the shards of members 0 .. count - 1, one job each: `pattern` has {first} and {last}.

    Finished shards stay, whatever their size; what is missing is made in blocks of at most `size`.
    """
    bounds = re.compile(re.escape(pattern).replace(r"\{first\}", r"(\d+)").replace(r"\{last\}", r"(\d+)"))
    found = [bounds.fullmatch(path) for path in glob.glob(pattern.format(first="*", last="*"))]
    finished = [tuple(map(int, match.groups())) for match in found if match]
    return [pattern.format(first=first, last=last) for first, last in ranges(count, size, finished)]


# XLA, which compiles the kernels, takes all cores whatever OMP_NUM_THREADS says; it listens to NPROC.
shell.prefix("export NPROC=${{OMP_NUM_THREADS:-1}}; ")
