"""Every figure and page is drawn of a table whose estimates are missing."""

import warnings
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from mnemo import tables
from mnemo.directions.hyperplane_tables import HYPERPLANES
from mnemo.figures import (
    accuracy,
    agreement,
    distributions,
    dose_response,
    drift,
    factors,
    human_rates,
    identity,
    lost_faces,
    realness,
    strip,
    training,
    transfer,
)
from mnemo.report import pages
from mnemo.results import registry, schemas
from mnemo.results.agreement import AGREEMENT
from mnemo.results.contrasts import CONTRASTS
from mnemo.results.controls import CONTROLS
from mnemo.results.dose_response import DOSE_RESPONSE
from mnemo.results.drift import DRIFT
from mnemo.results.factors import FACTORS
from mnemo.results.identity import IDENTITY
from mnemo.results.lost_faces import LOST_FACES
from mnemo.results.people.rates import HUMAN_RATES
from mnemo.results.realness import REALNESS
from mnemo.results.slopes import SLOPES
from mnemo.results.training import TRAINING
from mnemo.results.transfer import TRANSFER
from mnemo.training.tables import CURVES, PREDICTIONS

TEXT = {
    "shape": ["square", "oval", "square"],
    "shape_a": ["square"] * 3,
    "shape_b": ["oval"] * 3,
    "run": ["holdout", "fold-01", "folds"],
    "validation": ["holdout"] * 3,
    "assessor": ["resmem"] * 3,
    "estimator": ["logistic", "ridge", "svm"],
}


def rows(schema: pa.Schema, missing: int, **given: Any) -> pd.DataFrame:
    """Make three rows of a table, the first of them with every value missing that may be."""
    made: dict[str, Any] = {}
    for field in schema:
        if field.name in given:
            made[field.name] = given[field.name]
            continue
        if pa.types.is_string(field.type):
            values: list[Any] = TEXT.get(field.name, [f"{field.name} {row}" for row in range(3)])
        elif pa.types.is_boolean(field.type):
            values = [True, False, True]
        elif pa.types.is_list(field.type):
            values = [["a"] if pa.types.is_string(field.type.value_type) else [1.0]] * 3
        else:
            values = [1, 2, 3] if pa.types.is_integer(field.type) else [0.0, 0.5, 0.75]
        if field.nullable and field.name != "shape":
            values = [None] * missing + values[missing:]
        made[field.name] = values
    return tables.conform(made, schema).to_pandas()


def one(schema: pa.Schema, missing: int, **given: Any) -> pd.DataFrame:
    """Make rows of one edit and one shape at three alphas."""
    fixed = {name: ["a"] * 3 for name in ("edit", "attribute") if name in schema.names}
    if "alpha" in schema.names:
        fixed["alpha"] = [-1.0, 0.0, 1.0]
    if "shape" in schema.names:
        fixed["shape"] = ["square"] * 3
    made = rows(schema, missing, **{**fixed, **given})
    return made.assign(moved=made["alpha"]) if "alpha" in made else made


SCORES = pd.DataFrame(
    {"image": "0", "shape": "square", "alpha": [-1.0, 0.0, 1.0], "score": np.float32(0.1)}
).assign(assessor="resmem")
PICTURES = [{**row, "pixels": None} for row in SCORES.drop(columns="score").to_dict("records")]

FIGURES: dict[str, Callable[[int], Figure]] = {
    "accuracy": lambda missing: accuracy.draw(
        rows(HYPERPLANES, missing, estimator=["logistic"] * 3), 0.95
    ),
    "agreement": lambda missing: agreement.draw(rows(AGREEMENT, missing), 0.95),
    "agreement as a matrix": lambda missing: agreement.draw(
        pd.concat(
            rows(AGREEMENT, missing, assessor_a=[f"{a}"] * 3, assessor_b=["x", "y", "z"])
            for a in range(6)
        ),
        0.95,
    ),
    "distributions": lambda missing: distributions.draw(SCORES.head(missing)),
    "dose_response": lambda missing: dose_response.draw(
        SCORES,
        one(DOSE_RESPONSE, missing),
        one(SLOPES, missing).head(1),
        one(CONTROLS, missing, control=["random"] * 3),
        0.95,
    ),
    "drift": lambda missing: drift.draw(
        one(CONTRASTS, missing, kind=["held"] * 3), one(DRIFT, missing), 0.95
    ),
    "factors": lambda missing: factors.draw(one(FACTORS, missing, factor=["redness"] * 3), 0.95),
    "human_rates": lambda missing: human_rates.draw(
        one(HUMAN_RATES, missing, measure=["correct"] * 3, experiment=["real"] * 3), 0.95
    ),
    "identity": lambda missing: identity.draw(one(IDENTITY, missing, threshold=[0.6] * 3), 0.95),
    "lost_faces": lambda missing: lost_faces.draw(one(LOST_FACES, missing), 0.95),
    "realness": lambda missing: realness.draw(
        one(REALNESS, missing, reference=["generator"] * 3), "FID", "KID", 0.95
    ),
    "strip": lambda _: strip.draw(pd.DataFrame(PICTURES), SCORES.head(0), "memorable", "resmem"),
    "training": lambda missing: training.draw(
        rows(CURVES, missing, run=["holdout"] * 3, chosen=[True, False, False]),
        rows(PREDICTIONS, 0, run=["holdout"] * 3),
        rows(TRAINING, missing),
        0.95,
    ),
    "transfer": lambda missing: transfer.draw(one(TRANSFER, missing), 0.95),
}


@pytest.mark.parametrize("missing", [1, 3])
@pytest.mark.parametrize("figure", FIGURES)
def test_a_figure_is_drawn_of_what_there_is(figure: str, missing: int) -> None:
    """With no more estimates than these, no axis has a limit or a tick that is not finite."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawn = FIGURES[figure](missing)
        drawn.savefig(BytesIO(), format="svg")
    for panel in drawn.axes:
        assert np.isfinite([*panel.get_xlim(), *panel.get_ylim()]).all()
    texts = [text.get_text() for text in drawn.findobj(lambda artist: hasattr(artist, "get_text"))]
    assert not [text for text in texts if "nan" in text or "None" in text]


@pytest.mark.parametrize("missing", [0, 1, 3])
@pytest.mark.parametrize("name", registry.RESULTS)
def test_a_page_shows_what_is_missing_as_a_dash(name: str, missing: int) -> None:
    schema = schemas.of(name)
    page = pages.tabulate(tables.conform(rows(schema, missing), schema), 0.95)
    table = page.split("<tbody>")[1].split("</tbody>")[0]
    assert "nan" not in page
    assert "None" not in page
    nullable = [
        field
        for field in schema
        if field.nullable and not field.name.endswith(("low", "high")) and field.name != "shape"
    ]
    # A column that is missing in all rows of a wide table is in a note.
    said = page if missing == 3 else table
    assert ("\N{EN DASH}" in said) == bool(nullable and missing)


def test_a_page_of_faces_is_made_of_no_faces() -> None:
    empty = schemas.of("faces").empty_table()
    assert "No rows." in pages.tabulate(pages.faces(empty))
