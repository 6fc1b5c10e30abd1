"""The error that Mnemo raises for problems that a user can fix."""


class MnemoError(Exception):
    """Something is missing or wrong; the message states what, and how to fix it.

    A job that stops with this error prints only the message. Any other exception is a bug in Mnemo
    and prints its traceback.
    """


#: Remedy for a damaged file that Mnemo may have fetched, or the user may have put there.
AGAIN = (
    "If `snakemake weights` fetched it, delete it and run that again; otherwise get it again from "
    "where it came."
)
