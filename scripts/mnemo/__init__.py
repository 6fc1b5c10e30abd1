"""Mnemo: find what makes an image memorable, and edit images to be more or less so."""

__version__ = "0.1.0"

#: Number of the layout of results; raised when files of an older one can't be continued.
FORMAT = 2
