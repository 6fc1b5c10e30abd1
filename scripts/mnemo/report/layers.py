"""The page of the layers: each a card with faces, scores and responses, ranked by its effect."""

from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from mnemo import images, rounding
from mnemo.figures import layers as figures
from mnemo.figures import parts, style
from mnemo.report import pages, pictures

#: Height of a face, in pixels. All of them must fit 2 MB, above which browsers don't show a page
#: that is inside a report.
FACE = 128
#: Faces by key and level: their pixels, (height, width, 3).
Faces = Mapping[tuple[str, float], images.Pixels]
_STYLE = """
.card { border-top: 1px solid #d9d9d9; padding: .8em 0 1.2em; break-inside: avoid; }
.card h2 { margin: 0; font-size: 1.15em; }
.card h2 small { font-weight: normal; color: #595959; }
.card p { margin: .2em 0 .6em; }
.side { display: flex; flex-wrap: wrap; gap: 1.2em; align-items: center; }
nav a { display: inline-block; margin: 0 .9em .3em 0; color: #0072B2; }
"""


class Card(NamedTuple):
    """What the page shows of one layer or group.

    Attributes:
        layer: Its name.
        chosen: Indices of the layers that it moves.
        levels: Its rows of `layers.LAYERS` by the page's assessor.
        effects: Its rows of `layers.LAYER_EFFECTS` by the page's assessor.
        faces: The faces that are shown.
        scores: Their scores, by key and level.
    """

    layer: str
    chosen: Sequence[int]
    levels: pd.DataFrame
    effects: pd.DataFrame
    faces: Faces
    scores: Mapping[tuple[str, float], float]


def cards(
    moved: Mapping[str, Sequence[int]],
    levels: pd.DataFrame,
    effects: pd.DataFrame,
    scores: pd.DataFrame,
    paths: Sequence[str],
    wanted: Sequence[str],
) -> list[Card]:
    """Gather what the page shows of each layer or group.

    Args:
        moved: Indices of the layers that each moves, by its name.
        levels: Rows of `layers.LAYERS` by one assessor.
        effects: Rows of `layers.LAYER_EFFECTS` by it.
        scores: Its scores of the edited images and of the unedited ones, with `edit`, `image`,
            `alpha` and `score`.
        paths: The first shards of images of each set.
        wanted: Keys of the images that are shown.

    Returns:
        A card for each, in the order of `moved`.
    """
    scores = scores[scores["image"].isin(wanted)]
    gathered = pictures.gather(paths, wanted)

    def of(
        name: str, level: Mapping[float, float]
    ) -> tuple[dict[tuple[str, float], images.Pixels], dict[tuple[str, float], float]]:
        """Return the faces of one set and their scores, by key and level."""
        own = scores[scores["edit"] == name]
        places = zip(own["image"], own["alpha"].map(level), strict=True)
        faces = {
            (image, level[step]): pixels
            for (edit, image, step), pixels in gathered.items()
            if edit == name
        }
        return faces, dict(zip(places, own["score"], strict=True))

    originals, unedited = of("original", {0.0: 0.0})
    found = []
    for name, chosen in moved.items():
        own, effect = (frame[frame["layer"] == name] for frame in (levels, effects))
        steps: dict[float, float] = dict(
            own.dropna(subset="step")[["step", "level"]].itertuples(index=False)
        )
        faces, scored = of(name, steps)
        found.append(
            Card(name, chosen, own, effect, {**faces, **originals}, {**scored, **unedited})
        )
    return found


def page(
    cards: Sequence[Card], shown: Sequence[str], assessor: str, confidence: float, *, alike: bool
) -> str:
    """Return the page of the layers.

    Args:
        cards: The layers, in any order.
        shown: Keys of the faces of each strip.
        assessor: The assessor whose scores are shown.
        confidence: Confidence of the intervals, 0 to 1.
        alike: Whether the direction is the same in every layer.

    Returns:
        The page as HTML, the layers ranked by their effect on the first shape.
    """
    ranked = sorted(cards, key=lambda card: _rank(card) or len(cards) + 1)
    ends = pd.concat([card.levels[["mean", "low", "high"]] for card in cards])
    low, high = float(np.nanmin(ends)), float(np.nanmax(ends))
    margin = 0.08 * (high - low) or 0.01
    limits = low - margin, high + margin
    changes = pd.concat([card.levels[["image_change", "image_change_high"]] for card in cards])
    most = 1.1 * float(np.nanmax(changes)) or 0.01
    title = f"Each layer alone: scores by {assessor}"
    same = (
        "Every layer moves along the same vector: all layers of a sampled image share one w, so "
        "that a direction found on sampled images can't differ between layers. What differs is "
        "what the layers make of it."
        if alike
        else "Each layer moves along its own part of the direction; the parts differ."
    )
    shapes = parts.shapes(cards[0].effects)
    intro = (
        f"<p>{same} Ranked by the change of score for each unit that the image changes "
        f"({shapes[0]}s, {parts.percent(confidence)} intervals in brackets). In each strip the "
        "scores are in the corner and the original is framed.</p>"
    )
    links = "".join(f'<a href="#{card.layer}">{escape(_name(card))}</a>' for card in ranked)
    body = "\n".join(_card(card, shown, limits, most) for card in ranked)
    return pages.document(
        title, f"<style>{pictures.STYLE}{_STYLE}</style>", intro, f"<nav>{links}</nav>", body
    )


def _name(card: Card) -> str:
    """Return a layer's or group's name."""
    return f"Layer {card.layer}" if card.layer.isdigit() else card.layer.capitalize()


def _rank(card: Card) -> int | None:
    """Return a layer's rank for the first shape; None if it has none."""
    rank = card.effects["rank"].iloc[0]
    return None if pd.isna(rank) else int(rank)


def _resolutions(chosen: Sequence[int]) -> str:
    """Return the resolutions of layers: there are two for each, from 4 pixels."""
    ends = dict.fromkeys(4 << layer // 2 for layer in (chosen[0], chosen[-1]))
    return f"{' to '.join(map(str, ends))} pixels"


def _card(card: Card, shown: Sequence[str], limits: tuple[float, float], most: float) -> str:
    """Lay out one layer."""
    rank = _rank(card)
    place = f"{rank}. " if rank else ""
    facts = []
    for row in card.effects.to_dict("records"):
        change, slope = (
            rounding.interval(*(row[name] for name in names))
            for names in (
                ("slope_per_change", "slope_per_change_low", "slope_per_change_high"),
                ("slope", "low", "high"),
            )
        )
        facts.append(
            f"{row['shape']}, n = {row['n']}: {change} per unit of image change, {slope} per unit "
            "of distance"
        )
    reasons = card.levels.dropna(subset="reason").drop_duplicates("level")
    facts += [f"level {row.level:g}: {row.reason}" for row in reasons.itertuples()]
    text = "".join(f"<p class=small>{escape(parts.minus(fact))}</p>" for fact in facts)
    chart = figures.responses(card.levels, limits, most)
    return (
        f'<section class="card" id="{card.layer}"><h2>{place}{escape(_name(card))} '
        f"<small>{_resolutions(card.chosen)}</small></h2>\n{text}\n<div class=side>"
        f"{_strip(card, shown)}\n{_chart(chart, f'Responses to {_name(card)}')}</div></section>"
    )


def _strip(card: Card, shown: Sequence[str]) -> str:
    """Lay out the faces of one layer over its levels."""
    levels = sorted(card.levels["level"].unique())
    names = ["original" if level == 0 else f"{level:+g}" for level in levels]
    head = "".join(f"<th>{parts.minus(name)}</th>" for name in names)
    rows = "".join(
        "<tr>" + "".join(_face(card, image, level) for level in levels) + "</tr>" for image in shown
    )
    return f'<table class="strip"><tr>{head}</tr>{rows}</table>'


def _face(card: Card, image: str, level: float) -> str:
    """Lay out one face with its score."""
    alt, original = f"image {image} at level {level:g}", level == 0
    if (image, level) not in card.faces:
        missing = card.levels.loc[card.levels["level"] == level, "reason"].notna().any()
        absent = "no step" if missing else "no face"
        return pictures.cell(alt, None, original=original, absent=absent)
    face = pictures.thumbnail(card.faces[image, level], FACE)
    return pictures.cell(alt, face, card.scores.get((image, level)), original=original)


def _chart(figure: Figure, alt: str) -> str:
    """Return a figure as an image of the page."""
    buffer = BytesIO()
    with style.applied():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return pages.embedded(alt, buffer.getvalue(), "svg+xml")
