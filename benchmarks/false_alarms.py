"""Measure how often a study claims something where there is nothing: all of its scores are random.

With Holm's correction, at most 5 % of such studies may make any claim of one family. Writes
docs/false_alarms.md. Usage:

    python benchmarks/false_alarms.py [studies, 1,000 by default]
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

# One thread for each process: they are as many as there are cores.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")
ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from benchmarks.simulations.contrasts import hits  # noqa: E402
from statsmodels.stats.proportion import proportion_confint  # noqa: E402

from mnemo.directions import hyperplane_tables, hyperplanes  # noqa: E402
from mnemo.directions.planes import Plane  # noqa: E402
from mnemo.results import contrasts, findings  # noqa: E402
from mnemo.statistics import mixed  # noqa: E402

#: The findings, and the kinds of contrasts.
FAMILIES = ("findings", "edits", "held", "controls", "assessors", "hyperplanes")
ASSESSORS = ("resmem", "student", "happiness")
PLANES = tuple(f"z/{assessor}/square/mean" for assessor in ASSESSORS)
PAIRS: dict[str, Any] = {
    "edits": [{"a": "held", "b": "plain", "held": ["happiness"], "own": "resmem"}],
    "assessors": [("resmem", "student")],
    "hyperplanes": [PLANES[:2]],
    "units": dict.fromkeys(ASSESSORS, "score"),
}
STATED: dict[str, Any] = {
    "hyperplanes": [PLANES[0], PLANES[2]],
    "edits": {edit: ["resmem", "student"] for edit in ("plain", "held")},
    "folds": 5,
    "groups": 20,
}
NO_REALNESS = pd.DataFrame(
    columns=[
        "edit",
        "alpha",
        "reference",
        "kernel_difference",
        "kernel_difference_low",
        "kernel_difference_high",
    ]
)


def claims(
    seed: int,
    *,
    fit: int = 120,
    dimensions: int = 12,
    edited: int = 30,
    alphas: Sequence[float] = (-4.0, 0.0, 4.0),
) -> set[str]:
    """Simulate a study of random scores, and return the families in which it claims something.

    Args:
        seed: Seed of the study.
        fit: Images that hyperplanes are fitted on.
        dimensions: Dimensions of their latents.
        edited: Images that are edited.
        alphas: Alphas of both edits.

    Returns:
        Names among `findings` and the kinds of contrasts.
    """
    generator = np.random.default_rng(seed)
    latents = generator.normal(size=(fit, dimensions))
    keys = [f"{image:07d}" for image in range(fit)]
    parts, planes, held_out = [], [], {}
    for assessor, plane in zip(ASSESSORS, PLANES, strict=True):
        scores = generator.normal(size=fit)
        parts.append(
            pd.DataFrame({"image": keys, "assessor": assessor, "shape": "square", "score": scores})
        )
        fitted = hyperplanes.fit(latents, scores, threshold="mean", permutations=0)
        row = hyperplane_tables.row(Plane("z", assessor, "square", "mean"), fitted)
        planes.append(pd.DataFrame(row))
        held_out[plane] = hits(latents, scores)
    index = pd.MultiIndex.from_product(
        [("plain", "held"), ASSESSORS, ("square",), [f"{image:07d}" for image in range(edited)]],
        names=["edit", "assessor", "shape", "image"],
    )
    unlike = pd.Series(generator.normal(size=len(index)), index)
    scored = pd.concat(
        {alpha: unlike + generator.normal(size=len(index)) for alpha in alphas}, names=["alpha"]
    )
    scores_of_edits = scored.rename("score").reset_index()
    slopes = pd.DataFrame(
        {"edit": edit, "assessor": assessor, "shape": shape, **asdict(mixed.slope(frame))}
        for (edit, assessor, shape), frame in scores_of_edits.groupby(["edit", "assessor", "shape"])
        if assessor in STATED["edits"][edit]
    )
    compared = contrasts.measure(
        scores_of_edits,
        pd.concat(parts),
        held_out,
        controls={edit: _controls(scores_of_edits, edit, generator) for edit in ("plain", "held")},
        **PAIRS,
    )
    study = {
        "hyperplanes": pd.concat(planes),
        "slopes": slopes,
        "contrasts": compared,
        "realness": NO_REALNESS,
    }
    stated = findings.gather(study, **STATED)
    claimed = set(compared.loc[compared["p_holm"] <= 0.05, "kind"])
    return claimed | ({"findings"} if (stated["p_holm"] <= 0.05).any() else set())


def _controls(scores: pd.DataFrame, edit: str, generator: np.random.Generator) -> pd.DataFrame:
    """Draw scores of an edit's controls, which differ from the edit's own by noise alone."""
    own = scores[(scores["edit"] == edit) & (scores["alpha"] != 0)]
    drawn = [own.assign(edit=control) for control in ("random", "brightness")]
    controls = pd.concat(drawn, ignore_index=True)
    return controls.assign(score=controls["score"] + generator.normal(size=len(controls)))


def count(seeds: Iterable[int]) -> Counter[str]:
    """Count the studies that claim something, by family."""
    return Counter(family for seed in seeds for family in claims(seed))


def page(counted: Counter[str], studies: int) -> str:
    """Write the shares of studies with a claim as a page of the documentation."""
    lines = [
        "# False alarms",
        "",
        f"Written by `benchmarks/false_alarms.py`: {studies:,} simulated studies whose scores are",
        "all random numbers, measured with the functions that make the public tables. A *claim* is",
        "a corrected p-value of at most 0.05 anywhere in the family, in whichever direction. At",
        "most 5 % of the studies may make one. In brackets: the 95 % interval of the share.",
        "",
        "| family | studies with a claim |",
        "|---|---|",
    ]
    for family in FAMILIES:
        low, high = proportion_confint(counted[family], studies, method="wilson")
        lines.append(f"| {family} | {counted[family] / studies:.3f} ({low:.3f} to {high:.3f}) |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Simulate the studies, write the page, and fail where claims are too frequent."""
    studies = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    processes = os.cpu_count() or 1
    with ProcessPoolExecutor(processes) as pool:
        counted = sum(
            pool.map(count, [range(first, studies, 40) for first in range(40)]), Counter[str]()
        )
    written = page(counted, studies)
    print(written)
    if studies >= 1000:
        (ROOT / "docs" / "false_alarms.md").write_text(written, encoding="utf-8")
    failed = [
        family
        for family in FAMILIES
        if proportion_confint(counted[family], studies, method="wilson")[0] > 0.05
    ]
    sys.exit(f"too many false alarms: {', '.join(failed)}" if failed else 0)


if __name__ == "__main__":
    main()
