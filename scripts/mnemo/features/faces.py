"""Features of the largest face in each image, with any network."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

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

    Args:
        network: Maps (n, 3, height, width) to (n, dim).
        images: Each (h, w, 3), RGB; their sizes may differ. Some tens are in memory at once.
        cut_out: Returns the part of an image with its largest face, or None if it has no face. As
            finding faces takes long, it is called in as many threads as PyTorch uses.
        prepare: Converts that part into the network's input, (3, height, width).
        label: Text of the progress bar.
        dim: Number of the network's outputs.

    Returns:
        (n, dim); a row is nan if no face was found.
    """
    device = next(network.parameters()).device
    size = networks.BATCH[device.type]
    features = np.full((len(images), dim), np.nan, np.float32)
    with (
        torch.inference_mode(),
        ThreadPoolExecutor(torch.get_num_threads()) as threads,
        tqdm(desc=label, total=len(images), unit=" images", mininterval=5) as bar,
    ):

        def found() -> Iterator[tuple[int, Pixels]]:
            for start in range(0, len(images), size):
                # All of them are found before the network takes the same cores.
                faces = list(threads.map(cut_out, images[start : start + size]))
                bar.update(len(faces))
                yield from ((start + i, face) for i, face in enumerate(faces) if face is not None)

        each = found()
        while batch := dict(islice(each, size)):
            inputs = torch.stack([prepare(face) for face in batch.values()])
            inputs = inputs.to(device, memory_format=torch.channels_last)
            features[list(batch)] = network(inputs).cpu().numpy()
    return features
