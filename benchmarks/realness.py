"""Time realness over 7 alphas in Mnemo against seven folder-to-folder calls of clean-fid.

Both have the same faces, features (ResNet-152's, resized as clean-fid resizes) and number of
threads; clean-fid gets them as PNG files. Mnemo extracts each set's features once and adds the
kernel distance and the intervals; clean-fid gives the Fréchet distance alone, so no images of a
floor are rendered. Fails where a distance differs by more than 1e-3 of itself, or the ratio is
below 1.7. Usage:

    python benchmarks/realness.py [images at each alpha]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cleanfid import fid
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from mnemo import features, generators, images  # noqa: E402
from mnemo.features import resnet152  # noqa: E402
from mnemo.results import realness  # noqa: E402

ALPHAS = (-6, -4, -2, 0, 2, 4, 6)
REQUIRED = 1.7
TOLERANCE = 1e-3

Faces = NDArray[np.uint8]


def weights(name: str) -> Path:
    """Find a weights file."""
    path = ROOT / f"resources/weights/{name}.pt"
    if not path.is_file():
        sys.exit(f"{path} is missing: make it with `snakemake weights`.")
    return path


def draw(count: int) -> tuple[dict[float, Faces], Faces]:
    """Render faces moved along some direction by each alpha, and reference faces."""
    generator = generators.load(weights("dcgan-faces"), "dcgan-faces")
    latents = generator.sample(range(count), psi=0.8)
    direction = generator.sample([2**31])
    direction /= np.linalg.norm(direction)
    edited = {alpha: generator.render(latents + alpha * direction) for alpha in ALPHAS}
    return edited, generator.render(generator.sample(range(count, 2 * count)))


def mnemo(edited: dict[float, Faces], reference: Faces) -> NDArray[np.float64]:
    """Measure as the workflow does."""
    extractor = features.load("resnet152", weights("resmem"))
    keys = [str(index) for index in range(len(reference))]
    by_alpha = {alpha: (keys, [extractor.extract(list(faces))]) for alpha, faces in edited.items()}
    against = extractor.extract(list(reference))
    # clean-fid gives no floor: features that are there already stand in for its images.
    measured = realness.compare(by_alpha, (keys, [against]), (keys, [against]))
    return measured["frechet"].to_numpy()


def clean_fid(edited: dict[float, Path], reference: Path) -> NDArray[np.float64]:
    """Measure as clean-fid's README does, with a feature extractor of one's own."""
    module = resnet152.backbone(weights("resmem")).eval()
    return np.array(
        [
            fid.compute_fid(
                str(folder),
                str(reference),
                mode="clean",
                custom_feat_extractor=module,
                custom_fn_resize=resnet152.resize,
                device=torch.device("cpu"),
                num_workers=0,
                verbose=False,
            )
            for folder in edited.values()
        ]
    )


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """Run and time."""
    start = time.perf_counter()
    return work(*arguments), time.perf_counter() - start


def main() -> None:
    """Print the seconds of both, their ratio, and the largest relative difference."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    edited, reference = draw(count)
    with tempfile.TemporaryDirectory() as made:
        folders = {name: Path(made, str(name)) for name in (*edited, "reference")}
        for name, faces in [*edited.items(), ("reference", reference)]:
            folders[name].mkdir()
            for index, face in enumerate(faces):
                content = images.encode(face, "face")["bytes"]
                (folders[name] / f"{index:05d}.png").write_bytes(content)  # type: ignore[arg-type]
        ours, seconds = timed(mnemo, edited, reference)
        theirs, reference_seconds = timed(
            clean_fid, {alpha: folders[alpha] for alpha in edited}, folders["reference"]
        )
    ratio, difference = reference_seconds / seconds, float(np.abs(ours / theirs - 1).max())
    print(f"realness of {len(ALPHAS)} x {count} faces, {torch.get_num_threads()} threads")
    print(f"  Mnemo            {seconds:7.1f} s")
    print(f"  clean-fid        {reference_seconds:7.1f} s")
    print(f"  ratio            {ratio:7.2f}   (required: {REQUIRED})")
    print(f"  largest relative difference {difference:.1e}   (required: {TOLERANCE:.0e})")
    sys.exit(ratio < REQUIRED or difference > TOLERANCE)


if __name__ == "__main__":
    main()
