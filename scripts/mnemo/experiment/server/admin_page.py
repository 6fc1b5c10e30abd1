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
<button class="button">Log in</button>
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
    task = experiment.settings.kind.replace("-", " ")
    facts = {
        "Participants": f"{sum(found.participants.values()):,}",
        "Valid series": f"{found.series['valid']:,}",
        "Answers": f"{found.answers:,}",
        f"Answers a minute, in the last {RECENT}": f"{found.rate:,.1f}",
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
<p>{task.capitalize()} with images of the study “{escape(experiment.study)}”</p>
<dl>{"".join(_fact(name, value) for name, value in facts.items())}</dl>
<div class="columns">
{_counts("Participants now", found.participants)}
<div>
{_counts("Series", found.series)}
{_counts("Participants by source", found.sources)}
</div>
</div>
{_table("Answers to each target, in valid series", _COVERAGE, coverage)}
<h2>Downloads</h2>
<ul>{links}</ul>
<form method="post" action="/admin/logout"><button class="button">Log out</button></form>""",
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


def _counts(title: str, counts: dict[str, int]) -> str:
    """Return a table that needs no heads."""
    return _table(title, (), ((name, f"{count:,}") for name, count in counts.items()))


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(each)}</td>" for each in others)
        + "</tr>"
        for first, *others in rows
    )
    table = (
        f"<table><caption>{escape(title)}</caption>"
        + (f"<thead><tr>{head}</tr></thead>" if heads else "")
        + f"<tbody>{body}</tbody></table>"
    )
    # One that may be wider than a phone is scrolled by itself, by keyboard too.
    named = f'role="region" aria-label="{escape(title)}" tabindex="0"'
    return f'<div class="scrolled" {named}>{table}</div>' if heads else table


def _lasting(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{max(seconds, 0):.0f} s"
