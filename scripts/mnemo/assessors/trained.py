"""Assessors that Mnemo trained: their weights files, each with a card, written and loaded.

The file is safetensors: tensors by the network's own names, and the card as JSON in the metadata.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors.torch import save_file
from torch import Tensor, nn

from mnemo import checkpoints, files
from mnemo.assessors import Preset, backbones
from mnemo.assessors.backbones import Layout, resnet152_layer2, student
from mnemo.assessors.network import NetworkScorer
from mnemo.checkpoints import Safetensors
from mnemo.errors import MnemoError

Architecture = Literal["vgg16", "resnet50", "senet50", "resnet152-layer2", "student"]
#: Maps an image, (h, w, 3), RGB from 0 to 255, to (3, height, width), float32.
Prepare: TypeAlias = Callable[[NDArray[np.uint8]], Tensor]
# One key alone: safetensors writes several in an order that changes from run to run.
_KEY = "mnemo.card"


class Card(BaseModel):
    """What a trained assessor is, what it was trained on, and how well it does.

    Attributes:
        mnemo: Version of Mnemo that trained it.
        architecture: Its network.
        layout: Whose conversion of a face-recognition network it continues; None for the others.
        preset: How its network's input is made of an image.
        target: What it says of an image: hit_rate, or true_hit_rate.
        run: Which of the trainings: holdout, fold-01, ….
        settings: All settings of the training.
        data: sha256 of the database's files and rates.
        images: Images by part: train, validation, test.
        initial: sha256 of the weights that the training started from; None where that was nothing.
        epoch: The epoch, from 1, whose weights these are.
        low: Smallest target that it was trained on.
        high: Largest target that it was trained on.
        spearman: Rank correlation of score and target on the test images.
        spearman_low: Lower end of its interval.
        spearman_high: Upper end of its interval.
        confidence: Confidence of the interval.
        licence: What binds its use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mnemo: str
    architecture: Architecture
    layout: Layout | None
    preset: Preset
    target: str
    run: str
    settings: Mapping[str, Any]
    data: str
    images: Mapping[str, int]
    initial: str | None
    epoch: int
    low: float
    high: float
    spearman: float
    spearman_low: float
    spearman_high: float
    confidence: float
    licence: str


def load(name: str, paths: Sequence[Path], preset: Preset) -> NetworkScorer:
    """Load an assessor that Mnemo trained.

    Args:
        name: What the study calls it.
        paths: Its weights file.
        preset: Makes no difference: the network sees what it was trained on, as its card says.

    Returns:
        The assessor; its scores are in the unit of what it was trained on, and nothing bounds
        them.

    Raises:
        MnemoError: The file is missing or damaged, has no card, or holds another network than its
            card says.
    """
    path = paths[0]
    told = card(path)
    network = build(told.architecture, told.layout)
    checkpoints.fill(network, checkpoints.tensors(path), path)
    return NetworkScorer(network, preparation(told.architecture, told.preset), name)


def save(path: str | Path, network: nn.Module, card: Card) -> None:
    """Write a trained network with its card, whole or not at all, the same bytes for the same.

    Args:
        path: Where the file goes; its folder must exist.
        network: The network.
        card: Its card.

    Raises:
        MnemoError: The disk is full.
    """
    tensors = {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    with files.whole(path) as partial:
        save_file(tensors, partial, {_KEY: text(card, indent=None)})


def card(path: str | Path) -> Card:
    """Read the card of a trained assessor.

    Args:
        path: Its weights file.

    Returns:
        The card.

    Raises:
        MnemoError: The file is missing or damaged, or has no card, or none of this version's.
    """
    content = checkpoints.read(path)
    if not isinstance(content, Safetensors) or _KEY not in content.metadata:
        raise MnemoError(
            f"{path} has no card: it is not an assessor that Mnemo trained. Name the file that "
            "`snakemake train` made, assessor.safetensors."
        )
    try:
        return Card.model_validate_json(content.metadata[_KEY])
    except ValidationError as why:
        wrong = ", ".join(".".join(map(str, error["loc"])) or "all" for error in why.errors())
        raise MnemoError(
            f"{path} has a card that this version of Mnemo can't read ({wrong}): train again"
        ) from why


def text(card: Card, indent: int | None = 2) -> str:
    """Write a card as JSON, for people to read.

    Args:
        card: The card.
        indent: Columns by which each level moves right; None for one line.

    Returns:
        The JSON.
    """
    return json.dumps(card.model_dump(), indent=indent, ensure_ascii=False)


def build(
    architecture: Architecture, layout: Layout | None = None, dropout: float = 0.0
) -> nn.Module:
    """Build the network of an architecture, with random weights.

    Args:
        architecture: Which.
        layout: Whose conversion of a face-recognition network; None for the others.
        dropout: Probability with which its head ignores an input in training.

    Returns:
        The network, which maps (n, 3, height, width), from `preparation`, to (n,).

    Raises:
        ValueError: A face-recognition network comes without its layout.
    """
    if architecture == "student":
        return student.Student(dropout)
    if architecture == "resnet152-layer2":
        return resnet152_layer2.FirstLayers(dropout)
    if layout is None:
        raise ValueError(f"{architecture} needs a layout")
    return backbones.build(architecture, layout, dropout)


def preparation(architecture: Architecture, preset: Preset) -> Prepare:
    """Tell how an image becomes an architecture's input.

    Args:
        architecture: Which.
        preset: For a face-recognition network, as `backbones.prepare` says; the others have one
            way.

    Returns:
        What makes the network's input of an image.
    """
    if architecture == "student":
        return student.prepare
    if architecture == "resnet152-layer2":
        return resnet152_layer2.prepare
    return backbones.prepare(architecture, preset)
