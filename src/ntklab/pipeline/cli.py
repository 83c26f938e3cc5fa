"""The command `ntklab STEP`: every module that defines a function of its own name, in a room or in pipeline.steps."""

import sys

from cyclopts import App, Parameter

from ntklab.errors import InputError
from ntklab.pipeline.commands import steps


def command() -> App:
    """The command-line application; a step's module is imported only when it is called."""
    app = App(name="ntklab", help="Steps of the ntklab pipeline.", default_parameter=Parameter(consume_multiple=True))
    for name, module in steps().items():
        app.command(f"{module}:{name}", name=name.replace("_", "-"))
    return app


def main() -> None:
    """Run one step; an error that a user can cause is one line on standard error, a bug of ours leaves its traceback."""
    try:
        command()(result_action="return_value")
    except InputError as error:
        sys.exit(f"ntklab {' '.join(sys.argv[1:2])}: {error}")
