"""Commands for planning an experiment: how large it must be, and whether its folder is sound."""

import argparse
from pathlib import Path

from mnemo.experiment import checker, folder, power, series
from mnemo.experiment.settings import KINDS, Set


def add_power(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `power`."""
    added = commands.add_parser("power", help="how many series it takes to find a slope, and cost")
    added.set_defaults(run=_power)
    added.add_argument(
        "--slope", type=float, required=True, help="log odds for an increase of alpha by 1"
    )
    added.add_argument("--folder", help="take design, alphas and number of images from a folder")
    added.add_argument("--kind", choices=KINDS, default="memory-game", help="without a folder")
    added.add_argument(
        "--alphas",
        type=_numbers,
        default=power.ALPHAS,
        help="without a folder: --alphas=-1,0,1",
    )
    added.add_argument("--images", type=int, default=7500, help="without a folder: seeds x alphas")
    added.add_argument("--power", type=float, default=0.8, help="wanted probability of finding it")
    added.add_argument("--confidence", type=float, default=0.95, help="of the slope's interval")
    added.add_argument("--valid", type=float, default=1.0, help="share of series that are valid")
    added.add_argument("--each", type=float, default=1.0, help="mean number of a person's series")
    added.add_argument("--pay", type=float, help="for a series; otherwise as in the design")
    added.add_argument("--runs", type=int, default=400, help="simulated experiments")


def _power(given: argparse.Namespace) -> None:
    """Print how many series it takes, and what they cost."""
    settings, alphas, images = KINDS[given.kind](), given.alphas, given.images
    if given.folder:
        experiment = folder.read(given.folder)
        settings, targets = experiment.settings, experiment.pools["targets"]
        alphas = [condition.alpha or 0.0 for condition in targets.conditions]
        images = targets.tokens.size
    pay = settings.pay if given.pay is None else given.pay
    found = power.power(
        settings,
        given.slope,
        alphas=alphas,
        images=images,
        wanted=given.power,
        confidence=given.confidence,
        valid=given.valid,
        each=given.each,
        runs=given.runs,
    )
    simulated = ""
    if given.runs:
        simulated = (
            f"\nIn {given.runs} simulated experiments: a power of {found.power:.2f} "
            f"[{found.low:.2f}, {found.high:.2f}]"
        )
    print(
        f"A slope of {found.slope:g} for alphas {', '.join(f'{each:g}' for each in alphas)}, found "
        f"with a power of {found.wanted:g}:\n"
        f"{found.answers:,} answers to targets: {found.valid_series:,} valid series "
        f"of {settings.targets}\n"
        f"{found.series:,} series to be played by {found.participants:,} participants\n"
        f"{found.minutes / 60:,.1f} hours in all; {found.series * pay:,.2f} at {pay:.2f} a series\n"
        f"Standard error of the slope: {found.standard_error:.2g}{simulated}"
    )
    if found.participants < power.PARTICIPANTS:
        print(
            f"At least {power.PARTICIPANTS} participants are advised all the same: what holds for "
            "a few people need not hold for others."
        )


def add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command `check`."""
    added = commands.add_parser("check", help="is a folder complete, unchanged and possible?")
    added.set_defaults(run=_check)
    added.add_argument("folder", type=Path)
    added.add_argument(
        "--participants", type=int, default=3, help="whose series are made and checked, all of each"
    )


def _check(given: argparse.Namespace) -> None:
    """Verify a folder, and make and check all series of some participants."""
    from mnemo.experiment.server import recruitment, texts

    experiment = folder.read(given.folder)
    texts.read(given.folder)
    recruitment.read(given.folder)
    settings = experiment.settings
    checker.check(experiment, series.plan(experiment, given.participants, settings.most_series))
    keys: dict[Set, int] = {
        name: len(pool.keys) for name, pool in experiment.pools.items() if pool.keys
    }
    if experiment.photographs:
        keys["photographs"] = sum(map(len, experiment.photographs.values()))
    print(
        f"{experiment.name}: {settings.kind} with images of the study {experiment.study}"
        f"{', a demonstration' if experiment.demo else ''}\n"
        f"{len(experiment.images):,} images, unchanged; different ones: "
        f"{', '.join(f'{count:,} {name}' for name, count in keys.items())}\n"
        f"{given.participants * settings.most_series:,} series of {settings.length} trials for "
        f"{given.participants} participants meet every constraint"
    )
    for line in folder.unfinished(given.folder):
        print(line)


def _numbers(text: str) -> list[float]:
    return [float(each) for each in text.split(",")]
