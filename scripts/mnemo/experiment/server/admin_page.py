"""The HTML of the administrator's pages."""

from collections.abc import Iterable, Sequence
from html import escape

from mnemo.experiment.server.overview import RECENT, Overview
from mnemo.experiment.server.served import Served

#: Where the files are that can be downloaded, by what they are.
DOWNLOADS = {
    "/admin/export.zip": "All answers, as parquet, CSV and Psych-DS",
    "/admin/payments.csv": "What is to be paid, by code",
}

_COVERAGE = ("edit", "alpha", "targets", "fewest", "median", "most")


def login(problem: str = "") -> str:
    """Return the page that asks for the token.

    Args:
        problem: Why it was not accepted; empty at first.

    Returns:
        The page.
    """
    return _page(
        "Administrator",
        f"""<h1>Administrator</h1>
<form method="post" action="/admin/login">
<label>Token, which is in <code>admin-token</code> beside the answers
<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<p id="problem" role="alert">{escape(problem)}</p>
<button class="button">Enter</button>
</form>""",
    )


def overview(served: Served, found: Overview) -> str:
    """Return the page that tells where the experiment stands.

    Args:
        served: The experiment.
        found: Where it stands.

    Returns:
        The page.
    """
    experiment = served.experiment
    valid, played = found.series["valid"], sum(found.participants.values())
    facts = {
        "Participants": f"{played:,}",
        "Valid series": f"{valid:,}",
        "Answers": f"{found.answers:,}",
        f"Answers a minute, of the last {RECENT}": f"{found.rate:,.1f}",
        "Last heard": "never" if found.silent is None else f"{_lasting(found.silent)} ago",
    }
    links = "".join(
        f'<li><a href="{path}" download>{escape(what)}</a></li>'
        for path, what in DOWNLOADS.items()
        if found.answers or "export" not in path
    )
    coverage = [
        (
            each.condition.edit or "none",
            "" if each.condition.alpha is None else f"{each.condition.alpha:g}",
            *(f"{number:,g}" for number in each[1:]),
        )
        for each in found.coverage
    ]
    return _page(
        experiment.name,
        f"""<h1>{escape(experiment.name)}</h1>
<p>{escape(experiment.settings.kind)} with images of the study {escape(experiment.study)}</p>
<dl>{"".join(_fact(name, value) for name, value in facts.items())}</dl>
{_table("Participants by what they do now", ("", "participants"), _counts(found.participants))}
{_table("Participants by source", ("", "participants"), _counts(found.sources))}
{_table("Series", ("", "series"), _counts(found.series))}
{_table("Answers to each target, in valid series", _COVERAGE, coverage)}
<h2>Downloads</h2>
<ul>{links}</ul>
<form method="post" action="/admin/logout"><button class="button">Leave</button></form>""",
        demo=experiment.demo,
    )


def _page(title: str, content: str, *, demo: bool = False) -> str:
    banner = (
        '<p class="banner demonstration" role="note">DEMONSTRATION: answers are simulated, or '
        "images are no real stimuli</p>"
        if demo
        else ""
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="/page/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page/style.css">
<link rel="stylesheet" href="/page/admin.css">
</head>
<body class="admin">
{banner}
<main id="stage"><article class="card">
{content}
</article></main>
</body>
</html>
"""


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _counts(counts: dict[str, int]) -> Iterable[tuple[str, str]]:
    return ((name, f"{count:,}") for name, count in counts.items())


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in others)
        + "</tr>"
        for first, *others in rows
    )
    return (
        f"<table><caption>{escape(title)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _lasting(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{max(seconds, 0):.0f} seconds"
