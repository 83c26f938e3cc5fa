"""Log lines of long steps: what, how far, how long still."""

import time
from collections.abc import Callable

SECONDS = 20.0
"""At most one line in so many seconds, and always one at the end."""


class Progress:
    """Calls `log` with lines such as "tile 37/400  about 6.1 min left"."""

    def __init__(self, log: Callable[[str], None], total: int | float):
        self.log, self.total = log, total
        self.started = self.reported = time.monotonic()

    def __call__(self, done: int | float, place: str | Callable[[], str]) -> None:
        """Say that `done` of the total is done, and where the step is now: a function is called only for a line.

        A function is for what takes time to know, such as a loss that a GPU is still computing.
        """
        now = time.monotonic()
        if done == self.total or now - self.reported > SECONDS:
            left = (now - self.started) * (self.total - done) / max(done, 1)
            said = place if isinstance(place, str) else place()
            self.log(f"{said}  about {left / 60:.1f} min left")
            self.reported = now
