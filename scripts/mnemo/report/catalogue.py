"""The pages of many edited images: the catalogue of an edit, and several edits side by side."""

from collections.abc import Collection, Mapping, Sequence
from html import escape
from typing import NamedTuple

import pandas as pd

from mnemo import images
from mnemo.figures import parts
from mnemo.report import pages, pictures

_STYLE = """
.strip { --side: clamp(72px, calc((100vw - 21em) / var(--columns) - 3px), 176px); }
.strip thead { position: sticky; top: 0; z-index: 3; }
.strip thead th { padding: .2em 0; background: white; box-shadow: 0 0 0 3px white; }
.strip tbody th { padding: 0 .8em; text-align: right; vertical-align: middle; min-width: 7em;
  max-width: 11em; }
.strip th[colspan] h2 { text-align: left; font-size: 1.25em; color: #1a1a1a; margin: 1em 0 .2em; }
.strip th strong { display: block; color: #1a1a1a; font-variant-numeric: tabular-nums; }
.strip td.gap { width: 12px; background: none; }
.strip tbody, .strip tr { scroll-margin-top: 7em; }
.strip tr:target th, .strip tr:focus-within th { background: #e6f0f7; }
.strip img:hover { transform: scale(1.6); }
th a, nav a { color: #0072B2; }
nav a { margin-right: 1em; }
"""
#: A column of pictures: its edit, and its alpha; None for a gap.
Column = tuple[str, float] | None


class Edit(NamedTuple):
    """An edit whose images are shown.

    Attributes:
        name: Its name.
        alphas: The alphas that are shown, 0 among them.
        assessor: The assessor whose scores are shown.
        quality: The quality that should increase with alpha; empty if none is known to.
    """

    name: str
    alphas: Sequence[float]
    assessor: str
    quality: str


def by_place(scores: pd.DataFrame, wanted: Collection[str]) -> dict[pictures.Place, float]:
    """Return the scores of selected images by the places of their pictures.

    Args:
        scores: Scores of one assessor for each edit, with `edit`, `image`, `alpha` and `score`.
        wanted: Keys of the selected images.

    Returns:
        The scores; without those that are missing.
    """
    own = scores[scores["image"].isin(wanted)].dropna(subset="score")
    places = own[["edit", "image", "alpha"]].itertuples(index=False, name=None)
    return dict(zip(places, own["score"], strict=True))


def page(
    edit: Edit,
    chosen: Mapping[str, pd.DataFrame],
    count: int,
    found: Mapping[pictures.Place, images.Pixels],
    scores: Mapping[pictures.Place, float],
    classes: Sequence[str] = (),
) -> str:
    """Return the catalogue of an edit: a row for each image, over alpha (GANalyze, Figure 4).

    Args:
        edit: The edit.
        chosen: The images of each part, as from `ranking.choose`.
        count: Number of images that are ranked.
        found: The images, as from `pictures.gather`.
        scores: Their scores.
        classes: Names of the classes that consecutive seeds have in turn; empty for a generator
            without classes.

    Returns:
        The page as HTML.
    """
    alphas = sorted(edit.alphas)
    columns: list[Column] = [(edit.name, alpha) for alpha in alphas]
    small = pictures.thumbnails(found)
    bodies = []
    for number, (heading, ranked) in enumerate(chosen.items()):
        rows = [
            _row(
                image,
                f"<strong>{parts.minus(f'{change:+.3f}')}</strong>{rank} of {count}",
                columns,
                small,
                scores,
                classes,
            )
            for image, change, rank in ranked.itertuples()
        ]
        title = f'<tr><th colspan="{len(columns) + 1}"><h2>{heading}</h2></th></tr>'
        bodies.append(f'<tbody id="part-{number}">\n{title}{"".join(rows)}</tbody>')
    links = (f'<a href="#part-{number}">{heading}</a>' for number, heading in enumerate(chosen))
    intro = (
        f"{count} images, ranked by the change of their score by {edit.assessor} from alpha "
        f"{parts.minus(f'{alphas[0]:g}')} to {alphas[-1]:g}, which is beside each row. The scores "
        "are in the corner, and the original is framed."
    )
    table = _table(columns, f"<tr><th></th>{_heads(edit, alphas)}</tr>", *bodies)
    nav = f"<nav>{''.join(links)}</nav>" if len(chosen) > 1 else ""
    return _page(f"Catalogue of the edit {edit.name}", intro, nav, table)


def side_by_side(
    edits: Sequence[Edit],
    shown: Sequence[str],
    found: Mapping[pictures.Place, images.Pixels],
    scores: Mapping[pictures.Place, float],
    classes: Sequence[str] = (),
) -> str:
    """Return the page of the same images under several edits (GANalyze, Figure 10).

    Args:
        edits: The edits, all of one set; each is shown at its lowest and highest alpha.
        shown: Keys of the images.
        found: The images, as from `pictures.gather`.
        scores: Their scores.
        classes: As for `page`.

    Returns:
        The page as HTML.
    """
    # Every edit has the same images at alpha 0.
    columns: list[Column] = [(edits[0].name, 0.0)]
    names, heads = "<th></th><th></th>", "<th></th><th>original</th>"
    for edit in edits:
        ends = [end for end in (min(edit.alphas), max(edit.alphas)) if end]
        columns += [None, *((edit.name, end) for end in ends)]
        by = f"<strong>{escape(edit.name)}</strong>scores by {escape(edit.assessor)}"
        names += f'<th></th><th colspan="{len(ends)}">{by}</th>'
        heads += f"<th></th>{_heads(edit, ends)}"
    assessors = {edit.assessor: edit.name for edit in edits}
    small = pictures.thumbnails(
        {place: pixels for place, pixels in found.items() if (place[0], place[2]) in columns}
    )
    edited = {place: score for place, score in scores.items() if place[2]}
    rows = []
    for image in shown:
        own = (
            f"<br>{escape(assessor)} {parts.minus(f'{scores[edit, image, 0.0]:.2f}')}"
            for assessor, edit in assessors.items()
            if (edit, image, 0.0) in scores
        )
        rows.append(_row(image, "".join(own), columns, small, edited, classes))
    intro = (
        f"The first {len(shown)} images of the set, not selected, at the lowest and the highest "
        "alpha of each edit. The scores of the originals are beside them, and those of the edited "
        "images in the corner."
    )
    body = f"<tbody>{''.join(rows)}</tbody>"
    table = _table(columns, f"<tr>{names}</tr><tr>{heads}</tr>", body)
    return _page("The same images under each edit", intro, "", table)


def _page(title: str, intro: str, *body: str) -> str:
    style = f"<style>{pictures.STYLE}{_STYLE}</style>"
    return pages.document(title, style, f"<p>{escape(intro)}</p>", *body)


def _table(columns: Sequence[Column], head: str, *bodies: str) -> str:
    style = f"--columns: {len(columns) - columns.count(None)}"
    return f'<table class="strip" style="{style}"><thead>{head}</thead>\n{"".join(bodies)}</table>'


def _heads(edit: Edit, alphas: Sequence[float]) -> str:
    """Return the heads of the columns of an edit, which say where the ends lead."""
    leads = {
        end: f"scored {'more' if end > 0 else 'less'} {edit.quality}"
        for end in (alphas[0], alphas[-1])
        if end and edit.quality
    }
    return "".join(
        f"<th>{parts.minus(f'alpha {alpha:+g}') if alpha else 'original'}"
        f"<strong>{escape(leads.get(alpha, ''))}</strong></th>"
        for alpha in alphas
    )


def _row(
    image: str,
    about: str,
    columns: Sequence[Column],
    small: Mapping[pictures.Place, bytes],
    scores: Mapping[pictures.Place, float],
    classes: Sequence[str],
) -> str:
    """Return the row of an image, whose key is a link to the row itself."""
    # The key of a generated image is its seed.
    name = f"<br>{escape(classes[int(image) % len(classes)])}" if classes else ""
    cells = ""
    for column in columns:
        if column is None:
            cells += '<td class="gap"></td>'
            continue
        edit, alpha = column
        place = edit, image, alpha
        alt = f"image {image} at alpha {alpha:g} of the edit {edit}"
        cells += pictures.cell(alt, small.get(place), scores.get(place), original=alpha == 0)
    link = f'<a href="#image-{image}">{image}</a>'
    return f'<tr id="image-{image}"><th scope="row">{link}{name}{about}</th>{cells}</tr>\n'
