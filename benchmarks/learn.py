"""Time learning a direction against a plain loop as GANalyze's code has it, with the same models.

The plain loop scores the seeds and the moved latents of a batch of four in each step, through the
embedded generator and the student. Mnemo learns from 32 latents a step, first from newly drawn
ones, then from latents whose scores are known, as those of a study's images are. All see the same
latents and alphas, in turns in one process, so whatever else the machine does hits all; the time is
that of the processor. At equal result, because the gradient of the mean loss over 32 latents is the
same: fails where it differs by more than 1e-3, or where the ratio with known scores is below 1.5.
Usage:

    python benchmarks/learn.py [turns] [threads]
"""

import sys
import time
import warnings
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import assessors, generators  # noqa: E402
from mnemo.directions.learning.objective import Objective  # noqa: E402
from mnemo.directions.learning.search import Batch, Search  # noqa: E402
from mnemo.directions.learning.settings import choose  # noqa: E402

WEIGHTS = ROOT / "resources/weights"
STUDENT = ROOT / "scripts/mnemo/weights/student.safetensors"
PLAIN, REQUIRED, TOLERANCE = 4, 1.5, 1e-3


def plain(generator: Any, assessor: Any, theta: Tensor, batch: Batch) -> Tensor:
    """Return the gradient of the mean loss, by a loop over batches of four with two passes each."""
    theta = theta.clone().requires_grad_()
    for start in range(0, len(batch.latents), PLAIN):
        rows = slice(start, start + PLAIN)
        z, alphas = batch.latents[rows], batch.alphas[rows]
        targets = assessor.differentiable(generator.differentiable(z), False) + alphas
        moved = z + alphas[:, None] * theta
        scores = assessor.differentiable(generator.differentiable(moved), False)
        loss = torch.nn.functional.mse_loss(scores, targets)
        (loss * len(z) / len(batch.latents)).backward()  # type: ignore[no-untyped-call]
    assert theta.grad is not None
    return theta.grad


def mnemo(objective: Objective, theta: Tensor, batch: Batch, known: bool) -> Tensor:
    """Return the gradient of the mean loss as Mnemo has it."""
    transformer = objective.transformer()
    transformer.w.data.copy_(theta)  # type: ignore[union-attr, operator]
    latents, alphas, classes, scores = batch
    if not known:
        scores = objective.seed_scores(latents, classes)
    objective.losses(transformer, latents, alphas, classes, scores + alphas, gradient=True)
    gradient: Tensor = transformer.w.grad  # type: ignore[union-attr, assignment]
    return gradient


def main() -> None:
    """Print latents a second of each way, the ratios, and how far the gradients differ."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    torch.set_num_threads(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    warnings.filterwarnings("ignore")
    if not (WEIGHTS / "resmem.pt").is_file():
        sys.exit(f"{WEIGHTS / 'resmem.pt'} is missing: make it with `snakemake weights`.")
    generator = generators.load(WEIGHTS / "dcgan-faces.pt", "dcgan-faces")
    assessor = assessors.load("student", STUDENT, WEIGHTS / "resmem.pt")
    settings = choose("corrected", psi=0.8, held_out=1)
    objective = Objective(generator, assessor, settings, 16)
    search = Search(objective)
    state = search.begin()
    theta = torch.randn(1, generator.z_dim, generator=torch.Generator().manual_seed(0))
    ways = {
        "a plain loop": lambda batch: plain(generator, assessor, theta, batch),
        "mnemo": lambda batch: mnemo(objective, theta, batch, known=False),
        "mnemo, known scores": lambda batch: mnemo(objective, theta, batch, known=True),
    }
    seconds = dict.fromkeys(ways, 0.0)
    worst = 0.0
    for turn in range(turns + 1):
        state.step = turn
        batch = search.batch(state)
        gradients = []
        for name, way in ways.items():
            begun = time.process_time()
            gradients.append(way(batch))
            # The first turn is the warm-up.
            seconds[name] += (time.process_time() - begun) * bool(turn)
        for gradient in gradients[1:]:
            worst = max(worst, float((gradient - gradients[0]).norm() / gradients[0].norm()))
    slowest = seconds["a plain loop"]
    print(f"{turns} turns of {settings.batch} latents, {torch.get_num_threads()} threads")
    for name, taken in seconds.items():
        speed = turns * settings.batch / taken
        print(f"{name:20} {speed:7.1f} latents/s, {slowest / taken:5.2f} times the plain loop")
    print(f"{'required':20} {REQUIRED:g} times with known scores")
    print(f"{'gradients differ by':20} {worst:.1e} (allowed: {TOLERANCE:g})")
    if slowest / seconds["mnemo, known scores"] < REQUIRED or worst > TOLERANCE:
        sys.exit(1)


if __name__ == "__main__":
    main()
