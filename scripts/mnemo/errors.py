"""The error that Mnemo raises for problems that a user can fix."""


class MnemoError(Exception):
    """Something is missing or wrong; the message states what, and how to fix it.

    A job that stops with this error prints only the message. Any other exception is a bug in Mnemo
    and prints its traceback.
    """


#: Remedy for a file that Mnemo may have fetched, or the user may have put there: nobody is advised
#: to delete a file of their own.
AGAIN = (
    "If `snakemake weights` fetched it, move it away and run that again; otherwise get it again "
    "from where it came."
)
