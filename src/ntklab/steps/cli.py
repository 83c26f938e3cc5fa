"""The command `ntklab STEP`: every module of this package that defines a function of its own name is a step."""

import pkgutil
import sys

from cyclopts import App, Parameter

import ntklab.steps


def command() -> App:
    """The command-line application; a step's module is imported only when it is called."""
    app = App(name="ntklab", help="Steps of the ntklab pipeline.", default_parameter=Parameter(consume_multiple=True))
    for module in pkgutil.iter_modules(ntklab.steps.__path__):
        if module.name not in ("cli", "record", "shards"):
            app.command(f"ntklab.steps.{module.name}:{module.name}", name=module.name.replace("_", "-"))
    return app


def main() -> None:
    """Run one step; an error a user can cause is one line on standard error and exit status 1."""
    try:
        command()(result_action="return_value")
    except (ValueError, RuntimeError, FileNotFoundError) as error:
        sys.exit(f"ntklab {' '.join(sys.argv[1:2])}: {error}")
