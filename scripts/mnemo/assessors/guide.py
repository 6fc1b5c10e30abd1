"""The guide to the assessors, docs/assessors.md, generated from their registry.

Run with `python -m mnemo.assessors.guide > docs/assessors.md`.
"""

from textwrap import fill

from mnemo.assessors.registry import ASSESSORS, Entry
from mnemo.weights import catalogue

_INTRODUCTION = """\
# Assessors

`make docs` generates this page from `scripts/mnemo/assessors/registry.py` and `guide.py`; edit
those files instead.

An assessor gives each image a score. Each assessor that a study lists scores every image in every
shape, has its own hyperplanes, and appears in the tables `agreement` and `transfer`. Attributes
such as age are assessors too. There is none for glasses, because no package on the index contains a
network for them. Visual factors such as brightness are attributes that are measured, not predicted.
Every study measures those that its key `factors` lists, by default brightness, contrast,
colourfulness and sharpness, and reports how its edits change them. Those of a face or of the main
object take longer, and an image without one has no score:

```yaml
assessors: [senet50-us10k, mine, resmem, age, happiness]
assessor_weights:                    # files of your own
  senet50-us10k: my/epoch_19.h5      # replaces the catalogue's file; in any known layout
  mine: results/us10k/training/holdout/assessor.safetensors   # an assessor that Mnemo trained
directions:
  - name: memorable-at-any-age       # memorability changes, age and happiness do not
    assessor: senet50-us10k
    hold: [age, happiness]
    ...
```

Weights are read as data: nothing in a file is executed, every tensor in it is either used or known
to be unused, and a file of another network is refused. [weights.md](weights.md) explains how to get
weights, [training.md](training.md) how to train an assessor, [people.md](people.md) how people's
ratings become one. You are responsible for complying with the licences; a study's report lists the
licences of all files that it used.

"""


def page() -> str:
    """Return the guide as Markdown."""
    sections = [_section(name, entry) for name, entry in ASSESSORS.items()]
    return _INTRODUCTION + _overview() + "\n".join(["", *sections])


def _overview() -> str:
    rows = [
        f"| [`{name}`](#{name}) | {entry.description} | {_range(entry)} | {_source(entry)} |"
        for name, entry in ASSESSORS.items()
    ]
    return "\n".join(["| name | score | range | weights |", "|---|---|---|---|", *rows, ""])


def _section(name: str, entry: Entry) -> str:
    """Return the section about one assessor."""
    lines = [
        f"## {name}",
        "",
        fill(f"{entry.description[0].upper()}{entry.description[1:]}.", 99),
        "",
    ]
    if entry.parts:
        first, second = entry.parts
        lines += [
            f"The scores of `{first}` minus those of `{second}`; the study must list both.",
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
    lines += [fill(f"- {key}: {fact}", 99, subsequent_indent="  ") for key, fact in facts.items()]
    for used in entry.weights:
        known = catalogue.entries()[used]
        item = (
            f"- weights `{used}`: {known.description}. Licence: {known.licence}. {known.citation}"
        )
        lines.append(fill(item, 99, subsequent_indent="  ", break_on_hyphens=False))
    return "\n".join([*lines, ""])


def _range(entry: Entry) -> str:
    """Return the range of the scores, and their unit."""
    ends = ["any" if end is None else f"{end:g}" for end in (entry.low, entry.high)]
    limits = "any" if ends == ["any", "any"] else ", ".join(ends)
    return f"{limits} ({entry.unit})" if entry.unit else limits


def _source(entry: Entry) -> str:
    """Return how to get an assessor's weights."""
    if entry.parts:
        return "those of both assessors"
    if not entry.weights:
        return "none"
    kinds = {type(catalogue.entries()[name].source) for name in entry.weights}
    if catalogue.Shipped in kinds:
        return "part of Mnemo, the rest fetched"
    if catalogue.Visit in kinds:
        return "by hand, or trained" if entry.architecture else "by hand"
    return "fetched"


if __name__ == "__main__":
    print(page(), end="")
