"""Photographs of persons that Python packages ship, both in the public domain."""

from pathlib import Path

import matplotlib
from tests.support import references


def hopper() -> Path:
    """Find the portrait of Grace Hopper by the US Navy, in matplotlib's sample data."""
    return Path(matplotlib.get_data_path()) / "sample_data" / "grace_hopper.jpg"


def astronaut() -> Path:
    """Find the portrait of Eileen Collins by NASA, in scikit-image's data."""
    return references.package("scikit_image", "0.26.0") / "skimage" / "data" / "astronaut.png"
