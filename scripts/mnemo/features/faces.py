"""Features of the largest face in each image, for any network."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from tqdm import tqdm

from mnemo import networks

Pixels = NDArray[np.uint8]


def apply(
    network: nn.Module,
    images: Sequence[Pixels],
    cut_out: Callable[[Pixels], Pixels | None],
    prepare: networks.Prepare,
    label: str,
    dim: int,
) -> NDArray[np.float32]:
    """Run a network over the largest faces in images, in batches.

    Finding the faces takes longer than the network, so each of this process's threads finds one at
    a time.

    Args:
        network: Maps (n, 3, height, width) to (n, dim).
        images: Each (h, w, 3), RGB; their sizes may differ.
        cut_out: Returns the part of an image with its largest face, or None if it has no face; may
            be called by several threads at once.
        prepare: Converts that part into the network's input, (3, height, width).
        label: The network's name, for the progress bar.
        dim: Number of the network's outputs.

    Returns:
        (n, dim); a row is nan if no face was found.
    """
    with ThreadPoolExecutor(torch.get_num_threads()) as threads:
        found = tqdm(
            threads.map(cut_out, images),
            desc="faces",
            total=len(images),
            unit=" images",
            mininterval=5,
        )
        faces = {row: face for row, face in enumerate(found) if face is not None}
    features = np.full((len(images), dim), np.nan, np.float32)
    features[list(faces)] = networks.apply(network, list(faces.values()), prepare, label, (dim,))
    return features
