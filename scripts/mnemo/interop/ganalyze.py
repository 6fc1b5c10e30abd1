"""Reading and writing what GANalyze's training leaves: its model, options and losses.

Layouts follow LoreGoetschalckx/GANalyze: pytorch/train_pytorch.py and tensorflow/train_tf.py, and
transformations/pytorch.py beside the former.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from mnemo import checkpoints, files
from mnemo.errors import MnemoError
from mnemo.interop import contents

#: Options that its two programs write, and that its test reads.
OPTIONS = ("num_samples", "train_alpha_a", "train_alpha_b", "generator", "assessor", "transformer")
# PyTorch's program writes a loss as the text of a tensor, which may have commas of its own.
_LOSS = re.compile(r"(\d+),(\w+),(?:tensor\()?([-+.e\d]+|-?inf|nan)(?:[,)].*)?")


def write_model(path: str | Path, thetas: NDArray[np.floating[Any]]) -> None:
    """Write directions as `pytorch_model_<samples>.pth`, which its PyTorch transformations load.

    Args:
        path: The file; its folder must exist.
        thetas: (dim,) or (1, dim) of one direction for all, or (classes, dim), at the length at
            which an alpha of 1 is a unit of the score.

    Raises:
        MnemoError: The direction has another shape; or the disk is full.
    """
    values = torch.from_numpy(np.asarray(thetas, np.float32).copy())
    if values.ndim == 1 or (values.ndim == 2 and len(values) == 1):
        state = {"w": values.reshape(1, -1)}
    elif values.ndim == 2:
        # A class's direction is the sum of its column and the bias.
        bias = values.mean(0)
        state = {"NN_output.weight": (values - bias).T.contiguous(), "NN_output.bias": bias}
    else:
        raise MnemoError(
            f"{path}: GANalyze's directions are in z, for all or by class, not {values.shape}"
        )
    with files.whole(path) as partial:
        torch.save(state, partial)


def read_model(path: str | Path) -> NDArray[np.float64]:
    """Read the directions in a `pytorch_model_<samples>.pth`, without executing anything in it.

    Args:
        path: The file.

    Returns:
        (dim,) of its OneDirection, or (classes, dim) of its ClassDependent, at their length.

    Raises:
        MnemoError: The file is missing, damaged or unsafe, or holds something else.
    """
    path = Path(path)
    named = contents.named_arrays(checkpoints.read(path)) or {}
    arrays = {
        name: contents.array(named[name], path, name).astype(np.float64)
        for name in ("w", "NN_output.weight", "NN_output.bias")
        if name in named
    }
    match arrays:
        case {"w": w} if w.ndim == 2 and len(w) == 1:
            thetas: NDArray[np.float64] = w[0]
        case {"NN_output.weight": weight, "NN_output.bias": bias} if (
            weight.ndim == 2 and bias.shape == weight.shape[:1]
        ):
            thetas = weight.T + bias
        case _:
            raise MnemoError(f"{path} holds {contents.listed(named)}, and no model of GANalyze")
    if not np.isfinite(thetas).all():
        raise MnemoError(f"{path} holds numbers that are not finite")
    return thetas


def write_options(path: str | Path, options: Mapping[str, Any]) -> None:
    """Write `opts.json`.

    Args:
        path: The file; its folder must exist.
        options: The values of `OPTIONS`, and any others: `generator` and `transformer` are a name
            and its arguments, such as ["biggan256", "None"] and ["OneDirection", "None"].

    Raises:
        MnemoError: An option is missing; or the disk is full.
    """
    if missing := [name for name in OPTIONS if name not in options]:
        raise MnemoError(f"{path}: GANalyze's options lack {', '.join(missing)}")
    with files.whole(path) as partial:
        partial.write_text(json.dumps(dict(options)), encoding="utf-8")


def read_options(path: str | Path) -> dict[str, Any]:
    """Read `opts.json`.

    Args:
        path: The file.

    Returns:
        The options, `OPTIONS` and others.

    Raises:
        MnemoError: The file can't be read, or lacks an option.
    """
    try:
        options = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as why:
        raise MnemoError(f"{path} can't be read as GANalyze's options ({why})") from why
    missing = [name for name in OPTIONS if not isinstance(options, dict) or name not in options]
    if missing:
        raise MnemoError(f"{path} lacks {', '.join(missing)}: it does not hold GANalyze's options")
    return dict(options)


def write_losses(path: str | Path, losses: Iterable[tuple[int, float]]) -> None:
    """Write `losses.txt`, in the form of its TensorFlow program.

    Args:
        path: The file; its folder must exist.
        losses: Number of latents before each step or measurement, and its loss.

    Raises:
        MnemoError: The disk is full.
    """
    lines = [f"{images},overall_loss,{loss!r}\n" for images, loss in losses]
    with files.whole(path) as partial:
        partial.write_text("".join(lines), encoding="utf-8")


def read_losses(path: str | Path) -> pd.DataFrame:
    """Read the `losses.txt` of either of its programs.

    Args:
        path: The file.

    Returns:
        A row for each step, with the columns `images`, the latents before it, and `loss`.

    Raises:
        MnemoError: The file can't be read, or a line of it is something else.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as why:
        raise MnemoError(f"{path} can't be read ({why})") from why
    rows = []
    for number, line in enumerate(lines, start=1):
        found = _LOSS.fullmatch(line.strip())
        if found is None:
            raise MnemoError(f"{path}, line {number}, is no loss of GANalyze: {line[:80]!r}")
        rows.append((int(found[1]), found[2], float(found[3])))
    # The parts of the loss are listed too.
    overall = [(images, loss) for images, name, loss in rows if name == "overall_loss"]
    return pd.DataFrame(overall, columns=["images", "loss"])
