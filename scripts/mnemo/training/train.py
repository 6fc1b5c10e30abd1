"""Training an assessor on rated images, as paper 1 does (section 2.2 and appendix A.3)."""

import copy
import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mnemo import hashes, networks, tables
from mnemo.assessors import backbones, trained
from mnemo.assessors.backbones.centred import Centred
from mnemo.assessors.backbones.frozen import Frozen
from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.network import NetworkScorer
from mnemo.assessors.trained import Card, Tested
from mnemo.errors import MnemoError
from mnemo.networks import Prepare
from mnemo.statistics import ranks
from mnemo.training import database
from mnemo.training import tables as training_tables
from mnemo.training.trainer import Settings as Settings
from mnemo.training.trainer import Trainer
from mnemo.version import __version__

LOGGER = logging.getLogger(__name__)
# Seconds between checkpoints: VGG16's has 2.3 GB.
_EVERY = 60.0


@dataclass(frozen=True)
class Trained:
    """What a training gives.

    Attributes:
        network: The network, with the weights of its best epoch.
        curves: Columns of `training.tables.CURVES`.
        predictions: Columns of `training.tables.PREDICTIONS`, for the test images.
        run: Which of the trainings.
        settings: How it was trained.
        images: Images by part.
        low: Smallest target of the images trained on.
        high: Largest target of them.
        initial: sha256 of the weights that it started from, if any.
    """

    network: nn.Module
    curves: pd.DataFrame
    predictions: pd.DataFrame
    run: str
    settings: Settings
    images: dict[str, int]
    low: float
    high: float
    initial: str | None


def train(
    split: pd.DataFrame,
    folder: str | Path,
    settings: Settings,
    run: str,
    checkpoint: Path,
    initial: Path | None = None,
    every: float = _EVERY,
) -> Trained:
    """Train an assessor, or go on where a killed training of the same stood.

    The loss is the Euclidean distance of score and target (paper 1, A.3), which with one output is
    the absolute error, averaged over a batch. On a GPU that has bfloat16, layers compute in that;
    its range is float32's, so that the loss needs no scaling.

    Args:
        split: Columns of `training.tables.SPLIT`.
        folder: The folder that has its files, JPEG or PNG.
        settings: How to train.
        run: As for `database.parts`.
        checkpoint: Where the training's state is kept. One of other images or settings is left
            alone until it is overwritten. The caller deletes it when it has saved the result.
        initial: What the network starts from, for all but resnet10: a face-recognition
            network's weights, or ResMem's.
        every: Seconds between checkpoints.

    Returns:
        The network with what is known of it.

    Raises:
        MnemoError: A loss is not finite, the scores of the validation images never differ, a file
            can't be read, or the initial weights are missing or needless.
    """
    if (initial is None) != (NETWORKS[settings.architecture].initial is None):
        raise MnemoError(
            f"{settings.architecture} starts from "
            f"{'nothing: take `initial` away' if initial else 'weights: give it `initial`'}"
        )
    start = hashes.of(initial) if initial else None
    prepare = backbones.prepare(settings.architecture, settings.preset)
    pixels = _decoded(folder, split["file"], prepare)
    members = database.parts(split, run, settings.seed)
    fingerprint = _fingerprint(split, pixels, members, settings, start)
    targets = torch.tensor(split["target"].to_numpy(), dtype=torch.float32)
    shapes = split["shape"].fillna("").to_numpy(str)

    # `cudnn.flags` would restore them, and fails where `devices.best` has set the precision.
    torch.backends.cudnn.deterministic, torch.backends.cudnn.benchmark = True, False
    with torch.random.fork_rng():
        torch.manual_seed(settings.seed)
        network = backbones.initial(settings.architecture, initial, settings.dropout)
        learner, stored, ready = _learner(network, pixels, prepare, targets, members["train"])
        trainer = Trainer(learner, stored, targets, ready, settings, shapes)
        trainer.resume(checkpoint, fingerprint)
        for _ in trainer.epochs(members["train"], members["validation"]):
            if time.monotonic() - trainer.saved >= every:
                trainer.save(checkpoint, fingerprint)
    state = trainer.state
    chosen = state.chosen()
    if chosen is None:
        raise MnemoError(
            f"{run}: the network gives all images for validation of a shape the same score in "
            "every epoch. Raise `training.learning_rate`, or give it more epochs."
        )
    learner.load_state_dict(state.best)
    # What the file holds is what is tested.
    learner.load_state_dict(trained.kept(network))
    network.cpu().eval()
    # A scorer folds the network that it is given.
    scorer = NetworkScorer(copy.deepcopy(network), prepare, f"test of {run}")
    test = members["test"]
    learned = targets[members["train"]]
    return Trained(
        network,
        curves=pd.DataFrame(state.history).assign(
            run=run, chosen=[row["epoch"] == chosen for row in state.history]
        )[training_tables.CURVES.names],
        predictions=pd.DataFrame(
            {
                "run": run,
                "file": split["file"].to_numpy()[test],
                "shape": split["shape"].to_numpy()[test],
                "target": split["target"].to_numpy()[test],
                "score": scorer.score(list(pixels[test])),
            }
        ),
        run=run,
        settings=settings,
        images={part: len(rows) for part, rows in members.items()},
        low=float(learned.min()),
        high=float(learned.max()),
        initial=start,
    )


def run(
    watched: str | Path,
    split: str | Path,
    settings: Settings,
    name: str,
    initial: Path | None,
    code: str,
    licence: str,
    output: Mapping[str, str],
    provenance: tables.Provenance,
) -> None:
    """Train an assessor on one split of a database, and write all that the training gives.

    Args:
        watched: What is watched of the database, as for `database.root`.
        split: A table of `training.tables.SPLIT`.
        settings: How to train.
        name: Which of the trainings, as for `database.parts`.
        initial: As for `train`.
        code: Digest of the code that trains: a checkpoint of other code is deleted.
        licence: What binds the assessor's use.
        output: Where `weights`, their `sha256`, the `card`, `curves` and `predictions` go.
        provenance: Who writes the tables, from what.

    Raises:
        MnemoError: As for `train` and `describe`.
    """
    rows, faces = tables.read(split).to_pandas(), database.root(watched)
    folder = Path(output["weights"]).parent
    checkpoint = folder / f"checkpoint-{code}.pt"
    made = train(rows, faces / database.IMAGES, settings, name, checkpoint, initial)
    card = describe(made, database.digest(faces, rows), licence)
    trained.save(output["weights"], made.network, card)
    Path(output["card"]).write_text(trained.text(card))
    Path(output["sha256"]).write_text(hashes.of(Path(output["weights"])))
    tables.write(output["curves"], training_tables.CURVES, made.curves, provenance)
    tables.write(output["predictions"], training_tables.PREDICTIONS, made.predictions, provenance)
    for stale in folder.glob("checkpoint-*.pt"):
        stale.unlink()


def describe(
    trained: Trained,
    data: str,
    licence: str,
    *,
    resamples: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> Card:
    """Write the card of a trained assessor.

    Args:
        trained: What `train` gave.
        data: Digest of the database, from `database.digest`.
        licence: What binds the assessor's use.
        resamples: Bootstrap resamples of the test images.
        seed: Their seed.
        confidence: Confidence of the interval.

    Returns:
        The card.

    Raises:
        MnemoError: As for `ranks.agreement`.
    """
    tested = []
    for shape, images in trained.predictions.groupby("shape", dropna=False):
        measured = ranks.agreement(
            images["target"],
            images["score"],
            resamples=resamples,
            seed=seed,
            confidence=confidence,
        )
        tested.append(
            Tested(
                shape=None if pd.isna(shape) else str(shape),
                images=len(images),
                spearman=measured.spearman,
                spearman_low=measured.spearman_low,
                spearman_high=measured.spearman_high,
            )
        )
    settings = trained.settings
    return Card(
        mnemo=__version__,
        architecture=settings.architecture,
        layout=getattr(trained.network, "layout", None),
        preset=settings.preset,
        target=settings.target,
        run=trained.run,
        settings=asdict(settings),
        data=data,
        images=trained.images,
        initial=trained.initial,
        epoch=int(trained.curves.loc[trained.curves["chosen"], "epoch"].item()),
        low=trained.low,
        high=trained.high,
        tested=tuple(tested),
        confidence=confidence,
        licence=licence,
    )


def _learner(
    network: nn.Module,
    pixels: NDArray[np.uint8],
    prepare: Prepare,
    targets: Tensor,
    learned: NDArray[np.intp],
) -> tuple[nn.Module, NDArray[Any], Callable[[NDArray[Any]], Tensor]]:
    """Return the part of a network that learns, what it learns from, and how that is prepared.

    Layers that training leaves alone, which are followed by the head, see each image once.
    """
    learner: nn.Module = network
    stored: NDArray[Any] = pixels
    ready: Callable[[NDArray[Any]], Tensor] = prepare
    if isinstance(network, Frozen):
        learner, ready = network.head, torch.from_numpy
        front = networks.ready(copy.deepcopy(network.front))
        stored = networks.apply(front, list(pixels), prepare, "first layers", network.shape)
        network.head.standardise(torch.from_numpy(stored[learned]))
    if isinstance(learner, Centred):
        learner.aim(targets[learned])
    return learner, stored, ready


def _decoded(folder: str | Path, names: pd.Series, prepare: Prepare) -> NDArray[np.uint8]:
    """Read all images once, and keep them in the size of the network's input.

    Pillow leaves an image of that size as it is when it is prepared, so that preparing what is kept
    gives what preparing the file gives: both resize with Pillow's default filter.
    """
    pixels: list[NDArray[np.uint8]] = []
    size: tuple[int, int] | None = None
    for name in names:
        path = Path(folder, name)
        try:
            image = database.decoded(path)
        except database.UNDECODABLE as why:
            raise MnemoError(f"{path} can't be read ({why}): put the image there again") from why
        if size is None:
            height, width = prepare(np.asarray(image)).shape[1:]
            size = (width, height)
        pixels.append(np.asarray(image.resize(size)))
    return np.stack(pixels)


def _fingerprint(
    split: pd.DataFrame,
    pixels: NDArray[np.uint8],
    members: dict[str, NDArray[np.intp]],
    settings: Settings,
    start: str | None,
) -> str:
    """Digest all that a training's course hangs on, but for the machine."""
    words = [__version__, torch.__version__, start, asdict(settings)]
    parts = {part: rows.tolist() for part, rows in members.items()}
    rows = split[["file", "shape", "target"]].to_json(orient="values", double_precision=15)
    digest = hashlib.sha256(json.dumps([*words, parts, rows]).encode())
    digest.update(pixels.tobytes())
    return digest.hexdigest()
