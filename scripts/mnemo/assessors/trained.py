"""Assessors that Mnemo trained: their weights files, each with a card, written and loaded.

The file is safetensors: tensors by the network's own names, and the card as JSON in the metadata.
"""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    ValidationError,
    field_validator,
    model_validator,
)
from safetensors.torch import save_file
from torch import Tensor, nn

from mnemo import checkpoints, files
from mnemo.assessors import Preset, backbones, cards
from mnemo.assessors.backbones import Layout
from mnemo.assessors.backbones.frozen import Frozen
from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.network import NetworkScorer
from mnemo.checkpoints import Safetensors
from mnemo.errors import MnemoError


def _known(architecture: str) -> str:
    if architecture not in NETWORKS:
        raise ValueError(f"known: {', '.join(NETWORKS)}")
    return architecture


class Tested(BaseModel):
    """How well a trained assessor ranks the test images of one shape.

    Attributes:
        shape: square or oval; None where the database has no shapes.
        images: The test images of that shape.
        spearman: Rank correlation of score and target; None where it is undefined.
        spearman_low: Lower end of its interval; None where it is undefined.
        spearman_high: Upper end of its interval; None where it is undefined.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    shape: str | None
    images: int
    spearman: float | None
    spearman_low: float | None
    spearman_high: float | None

    @field_validator("spearman", "spearman_low", "spearman_high")
    @classmethod
    def _without_nan(cls, value: float | None) -> float | None:
        """Return None for NaN, which JSON lacks and which equals nothing."""
        return None if value is None or math.isnan(value) else value


class Card(BaseModel):
    """What a trained assessor is, what it was trained on, and how well it does.

    Attributes:
        mnemo: Version of Mnemo that trained it.
        architecture: Its network.
        layout: Whose conversion of a face-recognition network it continues; None for the others.
        preset: How its network's input is made of an image.
        target: What it predicts: hit_rate, or true_hit_rate.
        run: Which of the trainings: holdout, fold-01, ….
        settings: All settings of the training.
        data: sha256 of the database's files and rates.
        images: Images by part: train, validation, test.
        initial: sha256 of the weights that the training started from; None where that was nothing.
        epoch: The epoch, from 1, whose weights these are.
        low: Smallest target that it was trained on.
        high: Largest target that it was trained on.
        tested: How well it ranks the test images, by shape.
        confidence: Confidence of the intervals.
        licence: What binds its use.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mnemo: str
    architecture: Annotated[str, AfterValidator(_known)]
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
    tested: tuple[Tested, ...]
    confidence: float
    licence: str

    @model_validator(mode="before")
    @classmethod
    def _before_shapes(cls, given: Any) -> Any:
        """Read a card of before Mnemo trained on several shapes: it has one rank correlation."""
        if not isinstance(given, dict) or "tested" in given or "spearman" not in given:
            return given
        rest = dict(given)
        tested = {name: rest.pop(name, None) for name in Tested.model_fields if name in rest}
        images = given.get("images")
        count = images.get("test") if isinstance(images, dict) else None
        return {**rest, "images": images, "tested": [{**tested, "shape": None, "images": count}]}


def load(
    name: str, paths: Sequence[Path], preset: Preset, architecture: str | None = None
) -> NetworkScorer:
    """Load an assessor that Mnemo trained.

    Args:
        name: What the study calls it.
        paths: Its weights file; then, for a network whose file holds its head alone, the weights
            that its training started from.
        preset: Makes no difference: the network sees what it was trained on, as its card says.
        architecture: The network that it must be; None for any.

    Returns:
        The assessor; its scores are in the unit of what it was trained on, and nothing bounds
        them.

    Raises:
        MnemoError: A file is missing or damaged, has no card, or holds another network than its
            card says or than it must be.
    """
    path, *others = paths
    described = card(path)
    found = described.architecture
    if architecture not in (None, found):
        raise MnemoError(f"{path} holds a {found}, and {name} is a {architecture}")
    network = backbones.build(found, described.layout)
    if isinstance(network, Frozen):
        network = _with_head(path, found, others)
    else:
        checkpoints.fill(network, checkpoints.tensors(path), path)
    prepare = backbones.prepare(found, described.preset)
    return NetworkScorer(network, prepare, name, backbones.tensors(found, described.preset))


def _with_head(path: Path, architecture: str, others: Sequence[Path]) -> nn.Module:
    """Put the head that a file holds onto the layers that its training started from."""
    if not others:
        raise MnemoError(
            f"{path} holds the head of a {architecture} alone: give the weights that its training "
            "started from after it"
        )
    tensors = checkpoints.tensors(path)
    if any(name.startswith("front.") for name in tensors):
        raise MnemoError(
            f"{path} was trained by a version of Mnemo that stored all layers of a {architecture}, "
            "with another head: train again"
        )
    network = backbones.initial(architecture, others[0])
    checkpoints.fill(network.get_submodule("head"), tensors, path)
    return network


def kept(network: nn.Module) -> dict[str, Tensor]:
    """Return what the file of a trained network holds.

    Args:
        network: The network.

    Returns:
        All its tensors by name. Of a network whose first layers training leaves alone, those of
        its head; what the head learned is rounded to float16, at half the size.
    """
    if not isinstance(network, Frozen):
        return network.state_dict()
    learned = dict(network.head.named_parameters())
    return {
        name: tensor.half() if name in learned else tensor
        for name, tensor in network.head.state_dict().items()
    }


def save(path: str | Path, network: nn.Module, card: Card) -> None:
    """Write a trained network with its card, whole or not at all, the same bytes for the same.

    Args:
        path: Where the file goes; its folder must exist.
        network: The network.
        card: Its card.

    Raises:
        MnemoError: The disk is full.
    """
    tensors = {name: tensor.contiguous() for name, tensor in kept(network).items()}
    with files.whole(path) as partial:
        save_file(tensors, partial, {cards.KEY: text(card, indent=None)})


def card(path: str | Path) -> Card:
    """Read the card of a trained assessor.

    Args:
        path: Its weights file.

    Returns:
        The card.

    Raises:
        MnemoError: The file is missing or damaged, or has no card, or none that this version of
            Mnemo can read.
    """
    content = checkpoints.read(path)
    if not isinstance(content, Safetensors) or cards.KEY not in content.metadata:
        raise MnemoError(
            f"{path} has no card: it is not an assessor that Mnemo trained. Name the file that "
            "`snakemake train` made, assessor.safetensors."
        )
    try:
        return Card.model_validate_json(content.metadata[cards.KEY])
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
