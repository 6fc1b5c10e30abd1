"""How learning a direction goes: a line in the log, or in the terminal, every few seconds."""

import logging
import time

from mnemo.directions.learning.settings import Settings
from mnemo.directions.learning.state import State

LOGGER = logging.getLogger(__name__)
#: Seconds between two lines.
EVERY = 5.0


class Progress:
    """Tells the loss, the speed and the time that is left.

    Args:
        settings: The settings.
    """

    def __init__(self, settings: Settings):
        self.settings = settings
        self.begun = self.told = time.monotonic()
        self.steps = 0

    def tell(self, state: State) -> None:
        """Count a step, and say how it goes if it is time to.

        Args:
            state: Where learning stands.
        """
        self.steps += 1
        now = time.monotonic()
        if now - self.told < EVERY:
            return
        self.told = now
        rate = self.steps / (now - self.begun)
        left = (self.settings.restarts - state.restart) * self.settings.steps - state.step
        last = state.curve[-1]["held_out_loss"]
        LOGGER.info(
            "start %d of %d, step %s of at most %s: loss %.3g, held out %.3g, %.1f images/s, at "
            "most %s left",
            state.restart + 1,
            self.settings.restarts,
            f"{state.step:,}",
            f"{self.settings.steps:,}",
            state.loss_sum / state.since if state.since else last,
            last,
            rate * self.settings.batch,
            _clock(left / rate),
        )


def _clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
