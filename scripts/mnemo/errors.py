"""The one kind of error that Mnemo raises for what a user can put right."""


class MnemoError(Exception):
    """Something is missing or wrong, and the message names it and the remedy.

    A job that stops with this error prints the message alone; any other exception is a defect of
    Mnemo and prints its traceback.
    """
