"""Time of logistic mixed models, against the fastest Python package and R's lme4.

The answers are those of participants who each see 60 images, one at a random alpha of each seed, of
1,500 seeds at five alphas. All fit a slope over alpha with random intercepts of participants and of
images to the same maximum; lme4 converges as tightly with `tolPwrss = 1e-10`. A program that is not
installed is left out: `pip install glmm` for the package, r-cran-lme4 on Debian for lme4. Usage:

    python benchmarks/glmm.py [answers ...]

lme4 takes minutes for 100,000 answers, so it fits only up to 25,000 of them.
"""

import importlib.util
import shutil
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

# The script's own folder would hide the package of its name.
sys.path[0] = str(Path(__file__).parents[1])

from tests.support.answers import crossed  # noqa: E402

from mnemo.statistics import glmm  # noqa: E402

PARTICIPANT = 60
LARGEST_OF_R = 25_000
R = """
suppressMessages(library(lme4))
answers <- read.csv(file("stdin"))
tight <- glmerControl(optimizer = "bobyqa", tolPwrss = 1e-10)
time <- system.time(
  fit <- glmer(hit ~ alpha + (1 | participant) + (1 | image), answers, binomial, tight)
)
cat(sum(time[1:2]), coef(summary(fit))["alpha", 1:2])
"""


class Run(NamedTuple):
    """Seconds of processor time, and the slope and its standard error that were found."""

    seconds: float
    slope: float
    error: float


def mnemo(answers: pd.DataFrame) -> Run:
    """Fit with Mnemo."""
    start = time.process_time()
    groups = [answers["participant"], answers["image"]]
    fit = glmm.logistic(answers["hit"], answers["alpha"], groups)
    return Run(time.process_time() - start, fit.slope, fit.standard_error)


def package(answers: pd.DataFrame) -> Run:
    """Fit with the package glmm, which is written in Rust."""
    import glmm as reference

    formula = "hit ~ alpha + (1 | participant) + (1 | image)"
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = reference.fit(answers, formula, family="binomial")
    return Run(time.process_time() - start, float(fit.beta[1]), float(fit.se[1]))


def lme4(answers: pd.DataFrame) -> Run:
    """Fit with R's lme4."""
    run = subprocess.run(
        ["Rscript", "-e", R],
        input=answers.to_csv(index=False),
        capture_output=True,
        text=True,
        check=True,
    )
    return Run(*map(float, run.stdout.split()))


def main() -> None:
    """Print one row for each fit, and ours as a share of the others' time."""
    print(f"{'answers':>8} {'':8} {'seconds':>8} {'slope':>8} {'error':>8} {'ratio':>6}")
    for count in map(int, sys.argv[1:] or ["25000", "100000"]):
        answers = crossed(1, participants=count // PARTICIPANT, targets=PARTICIPANT, seeds=1500)
        fits: dict[str, Callable[[pd.DataFrame], Run]] = {"mnemo": mnemo}
        if importlib.util.find_spec("glmm"):
            fits["glmm"] = package
        if shutil.which("Rscript") and count <= LARGEST_OF_R:
            fits["lme4"] = lme4
        own = None
        for name, fit in fits.items():
            run = fit(answers)
            own = own or run
            print(
                f"{count:8} {name:8} {run.seconds:8.1f} {run.slope:8.4f} {run.error:8.5f} "
                f"{own.seconds / run.seconds:6.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
