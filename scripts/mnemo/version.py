"""Which Mnemo this is. No digest reads this file, so that a release reruns nothing."""

__version__ = "0.1.0"

#: Number of the layout of results; raised when files of an older one can't be continued.
FORMAT = 3
