"""MemNet with random weights and narrow layers, in a checkout: the published one has half a GB."""

import hashlib

from tests.data import ganalyze_layouts as layouts
from tests.support.checkout import Checkout
from tests.support.paths import ROOT

from mnemo.weights import catalogue

#: Outputs of each dense layer.
WIDTH = 16
#: Its weights, in the checkout.
FILE = "memnet.ckpt"


def put(made: Checkout) -> None:
    """Have a checkout's MemNet narrow, with random weights and a random mean image.

    Args:
        made: The checkout; its folder of resources, which all share, becomes its own.
    """
    made.edit("scripts/mnemo/assessors/caffenet.py", "WIDTH = 4096", f"WIDTH = {WIDTH}")
    layouts.write_memnet_pytorch(made.path / FILE, layouts.memnet(WIDTH))
    resources = made.path / "resources"
    resources.unlink()
    weights = resources / "weights"
    weights.mkdir(parents=True)
    entry = catalogue.entries()["memnet-mean"]
    for file in (ROOT / "resources" / "weights").iterdir():
        if file.name != entry.file:
            (weights / file.name).symlink_to(file.resolve())
    mean = layouts.write_mean_mat(weights / entry.file, layouts.mean_image())
    sha256 = hashlib.sha256(mean.read_bytes()).hexdigest()
    made.edit("scripts/mnemo/weights/catalogue.yaml", str(entry.sha256), sha256)
