"""Numbers of images that the distances between sets of features need.

This module imports nothing heavy, because captions and plans read it on machines that have only
Snakemake.
"""

#: Images of each set per feature from which a Fréchet distance is extrapolated to infinitely many.
#: In simulations, the extrapolation is then without bias where the two distributions are equal and
#: where they differ, with features that are independent or correlated. With half as many, the
#: halves that it uses have hardly more images than features, and it is biased.
PER_FEATURE = 4


def extrapolated(dim: int) -> int:
    """Return the number of images of each set from which a Fréchet distance is extrapolated.

    Args:
        dim: Number of features of an image.
    """
    return PER_FEATURE * dim
