"""The card of a learned direction: how it was learned and how well it does, for people to read."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from mnemo.directions.learning.learn import Learned
from mnemo.version import __version__


def card(learned: Learned, **names: Any) -> dict[str, Any]:
    """Describe a learned direction.

    Args:
        learned: The direction.
        names: What else is known of it, such as `generator` and `assessor`, and `files`, the sha256
            of their weights files by name.

    Returns:
        Values that JSON has. The digests under `weights` are of the tensors, whatever file they
        were in; `slope` is the rise of the score by alpha on latents drawn as a study draws its
        sets, 1 if it is as asked.
    """
    slope = learned.slope
    return {
        "mnemo": __version__,
        **names,
        "weights": learned.weights,
        "settings": asdict(learned.settings),
        "steps": max(row["step"] for row in learned.curve),
        "held_out_loss": learned.held_out_loss,
        "scale": np.asarray(learned.scale).tolist(),
        "slope": {**slope.estimate._asdict(), "alpha": slope.alpha, "latents": slope.latents},
        "agreement": learned.agreement,
        "ended": learned.ended,
    }


def text(described: dict[str, Any]) -> str:
    """Write a card as JSON, for people to read."""
    return json.dumps(described, indent=2, ensure_ascii=False) + "\n"
