"""Which device computes, and how exactly."""

import torch


def best() -> torch.device:
    """Choose the machine's GPU where it has one, else its CPU.

    On a GPU, convolutions would be rounded to TF32's 10 bits by default; they are kept in full
    float32 here, so that scores and features are the CPU's to about 1e-5.
    """
    torch.backends.fp32_precision = "ieee"  # type: ignore[attr-defined]
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
