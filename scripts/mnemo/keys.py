"""The keys of images."""


def of_seed(seed: int) -> str:
    """Return the key of the image of a seed: the seed, zero-padded to 7 digits or more."""
    return f"{seed:07d}"
