"""The guide to the assessors, docs/assessors.md, written from their registry.

Run as `python -m mnemo.assessors.guide > docs/assessors.md`.
"""

from textwrap import fill

from mnemo.assessors.registry import ASSESSORS, Entry
from mnemo.weights import catalogue

_INTRODUCTION = """\
# Assessors

Written by `make docs` from `scripts/mnemo/assessors/registry.py` and `guide.py`; edit those, not
this page.

An assessor gives each image a score. A study names those that it wants, and every one of them
scores every image in every shape, has hyperplanes of its own, and takes part in the tables
`agreement` and `transfer`. Attributes such as age are assessors like the others; none tells
glasses, because no package on the index ships a network for it:

```yaml
assessors: [senet50-us10k, mine, resmem, age, happiness]
assessor_weights:                    # files of your own
  senet50-us10k: my/epoch_19.h5      # in place of the catalogue's, in any layout that is known
  mine: results/us10k/training/holdout/assessor.safetensors   # of an assessor that Mnemo trained
edits:
  - name: memorable-at-any-age       # memorability changes, age and happiness do not
    assessor: senet50-us10k
    conditions: [age, happiness]
    ...
```

Weights are read as data: nothing that a file holds is executed, every tensor in it is used or known
to be unused, and a file of another network is refused. [weights.md](weights.md) says how to get
them, [training.md](training.md) how to train one. The licences are for you to keep; the report of a
study names those of all the files that it used.

"""


def page() -> str:
    """Write the guide.

    Returns:
        Markdown.
    """
    sections = [_section(name, entry) for name, entry in ASSESSORS.items()]
    return _INTRODUCTION + _overview() + "\n".join(["", *sections])


def _overview() -> str:
    rows = [
        f"| [`{name}`](#{name}) | {entry.description} | {_range(entry)} | {_source(entry)} |"
        for name, entry in ASSESSORS.items()
    ]
    return "\n".join(["| name | its score | from, to | weights |", "|---|---|---|---|", *rows, ""])


def _section(name: str, entry: Entry) -> str:
    """Write what there is to know of one assessor."""
    lines = [
        f"## {name}",
        "",
        fill(f"{entry.description[0].upper()}{entry.description[1:]}.", 99),
        "",
    ]
    if entry.parts:
        first, second = entry.parts
        lines += [
            f"The scores of `{first}` minus those of `{second}`, which the study must name too.",
            "",
        ]
        return "\n".join(lines)
    facts = {
        "input": entry.input,
        **(
            {"preparation": entry.corrected}
            if entry.corrected == entry.faithful
            else {"`corrected`": entry.corrected, "`faithful`": entry.faithful}
        ),
        "gradient": "flows from the score to the image" if entry.differentiable else "none",
    }
    lines += [fill(f"- {key}: {words}", 99, subsequent_indent="  ") for key, words in facts.items()]
    for used in entry.weights:
        known = catalogue.entries()[used]
        words = (
            f"- weights `{used}`: {known.description}. Licence: {known.licence}. {known.citation}"
        )
        lines.append(fill(words, 99, subsequent_indent="  ", break_on_hyphens=False))
    return "\n".join([*lines, ""])


def _range(entry: Entry) -> str:
    """Write from where to where the scores go, and in what unit."""
    ends = ["any" if end is None else f"{end:g}" for end in (entry.low, entry.high)]
    words = "any" if ends == ["any", "any"] else ", ".join(ends)
    return f"{words} ({entry.unit})" if entry.unit else words


def _source(entry: Entry) -> str:
    """Write how its weights are had."""
    if entry.parts:
        return "those of its parts"
    kinds = {type(catalogue.entries()[name].source) for name in entry.weights}
    if catalogue.Shipped in kinds:
        return "part of Mnemo"
    if catalogue.Visit in kinds:
        return "by hand, or trained" if entry.architecture else "by hand"
    return "fetched"


if __name__ == "__main__":
    print(page(), end="")
