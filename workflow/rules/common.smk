# The checked config, and the few helpers that every rule file uses.
import os
import sys

from snakemake.common.configfile import load_configfile

from ntklab.config import ConfigError, load
from ntklab.plots.catalogue import figures
from ntklab.provenance import code_digest
from ntklab.schemas import SCHEMAS


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
EXPERIMENTS = [name for name, value in SETTINGS.items() if isinstance(value, dict)]
TABLES = [f"{RESULTS}/tables/{name}.parquet" for name in SCHEMAS]
CLAIMS = f"{RESULTS}/claims/claims.parquet"


def warn_of_stand_ins():
    """Say it before a run at paper scale: figures and claims made with stand-in data are marked, but made."""
    for name in EXPERIMENTS:
        if SCALE == "paper" and SETTINGS[name].get("source") == "stand_in":
            said = "STAND-IN DATA at paper scale; figures say so, claims stay undecided. Set source: full"
            print(f"WARNING: config.yaml, {name}.source: {said}", file=sys.stderr)


warn_of_stand_ins()


wildcard_constraints:
    experiment="|".join(EXPERIMENTS),
    augmentation=r"c\d+",
    depth=r"\d+",
    width=r"\d+",
    first=r"\d+",
    last=r"\d+",
    repeat=r"\d+",
    rotations=r"\w+",
    model="cnn|steerable|canonicalised",
    data="fashion_mnist|mnist|cifar10|histology",
    file=r"[^/]+",
    ensemble="augmented|gcnn|plain|mismatched",


def setting(path):
    """The config value at a path such as "ising.width" (wildcards filled in), for a rule's params."""
    return lookup(dpath=path.replace(".", "/"), within=SETTINGS)


def step_code(step, *modules):
    """Digest of the code behind a step, so that editing it reruns the rule and editing a comment does not."""
    return code_digest(f"ntklab.steps.{step}", *modules)


def blocks_of(count, size):
    """First and last of 0 .. count - 1 in consecutive blocks of at most `size`: one block is one job."""
    return [(first, min(first + size, count) - 1) for first in range(0, count, size)]


# XLA, which compiles the kernels, takes all cores whatever OMP_NUM_THREADS says; it listens to NPROC.
shell.prefix("export NPROC=${{OMP_NUM_THREADS:-1}}; ")
