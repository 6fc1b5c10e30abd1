"""Mnemo's version. No digest includes this file, so that a new release reruns nothing."""

__version__ = "0.1.0"

#: Version of the layout of results; incremented when files in an older layout can't be continued.
FORMAT = 3
