"""Limits of how often somebody may ask."""

import time
from collections import OrderedDict


class Limit:
    """A bucket of tokens for each of those who ask, in memory only.

    Args:
        burst: Requests at once.
        rate: Requests a second, in the long run.
    """

    #: Most of those who ask that are remembered; the ones that were silent longest are forgotten.
    MOST = 10_000

    def __init__(self, burst: float, rate: float) -> None:
        self._burst, self._rate = burst, rate
        self._known: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allows(self, who: str) -> bool:
        """Count a request.

        Args:
            who: Whose it is.

        Returns:
            Whether it may be answered.
        """
        at = time.monotonic()
        left, since = self._known.pop(who, (self._burst, at))
        left = min(self._burst, left + (at - since) * self._rate)
        self._known[who] = (left - 1 if left >= 1 else left, at)
        if len(self._known) > self.MOST:
            self._known.popitem(last=False)
        return left >= 1
