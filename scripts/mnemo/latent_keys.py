"""The keys of images whose latents a file gives."""


def of_place(place: int) -> str:
    """Return the key of the image at a place of the file, from 0."""
    return f"latent-{place + 1:05d}"
