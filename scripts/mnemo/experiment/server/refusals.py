"""What the server answers when it does not do what it is asked."""

from typing import Any

#: HTTP status and sentence for the participant, by code. A lab's `words.json` may have another
#: sentence as `error_` and the code.
REFUSALS = {
    "invalid": (400, "The page sent something that the server does not understand."),
    "session": (401, "Please open the page again by the link that you were given."),
    "token": (401, "The token of the administrator is needed."),
    "forbidden": (403, "This is not allowed."),
    "unknown": (403, "Please open the page by the link that you were given."),
    "consent": (403, "Please read the information and decide whether you take part."),
    "blocked": (403, "Thank you. You can't play another series."),
    "done": (403, "Thank you. You have played all series."),
    "withdrawn": (403, "Your answers were deleted, as you asked."),
    "full": (403, "Thank you for your interest. The study has enough participants."),
    "missing": (404, "There is nothing here."),
    "method": (405, "This is not allowed."),
    "changed": (409, "The information has changed. Please read it again."),
    "running": (409, "The task is running in another window. Please close one of them."),
    "incomplete": (409, "Some answers have not arrived yet."),
    "closed": (410, "This series is over."),
    "large": (413, "The page sent too much at once."),
    "often": (429, "Please wait a moment."),
    "failed": (500, "Something went wrong. Please tell the researcher."),
    "unavailable": (503, "The server can't store answers at the moment. Please wait."),
}


class RefusedError(Exception):
    """A request that is refused, with nothing stored unless said otherwise.

    Attributes:
        code: Why, of `REFUSALS`.
        more: What else the page is told.
    """

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more
