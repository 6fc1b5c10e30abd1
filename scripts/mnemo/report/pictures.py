"""Pictures of edited images on a page: read from shards, each with its score in the corner."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from PIL import Image

from mnemo import images
from mnemo.figures import parts
from mnemo.report import pages

#: Where a picture belongs: its edit, its image's key, and its alpha.
Place = tuple[str, str, float]
#: Longest sides of a page's pictures in pixels, from the one that is wanted.
SIDES = (176, 128, 96, 64, 48, 32)
#: Bytes of a page's pictures. Encoded as text they are a third larger, and browsers don't show a
#: page of more than 2 MB inside a report.
ROOM = 1_400_000
STYLE = """
.strip { border-spacing: 3px; border-collapse: separate; }
.strip th, .strip td { padding: 0; border: 0; text-align: center; font-weight: normal; }
.strip th { font-size: .8em; color: #595959; }
.strip td { position: relative; width: var(--side, 104px); height: var(--side, 104px);
  background: #f2f2f2; color: #595959; font-size: .8em; vertical-align: middle; }
.strip td.original { outline: 2px solid #1a1a1a; outline-offset: -1px; }
.strip img { display: block; width: var(--side, 104px); height: var(--side, 104px);
  object-fit: contain; transition: transform .12s; }
.strip img:hover { transform: scale(1.9); position: relative; z-index: 2; }
.strip b { position: absolute; top: 2px; left: 2px; background: #ffffffd9; color: #1a1a1a;
  padding: 0 3px; font-weight: normal; z-index: 1; font-variant-numeric: tabular-nums; }
"""


def gather(paths: Iterable[str | Path], wanted: Collection[str]) -> dict[Place, images.Pixels]:
    """Read selected images of edited sets.

    Args:
        paths: Shards of `images.IMAGES` or `ovals.OVALS`.
        wanted: Keys of the selected images.

    Returns:
        The images, each (height, width, 3), RGB; without those in which no face was found.
    """
    found = {}
    for path in paths:
        shard, pixels = images.read(path)
        places = zip(*(shard[name].to_pylist() for name in ("edit", "image", "alpha")), strict=True)
        for row, (edit, image, alpha) in enumerate(places):
            if image in wanted:
                found[edit, image, alpha] = pixels[row]
    return found


def thumbnail(pixels: images.Pixels, side: int) -> bytes:
    """Encode an image small, for a page.

    Args:
        pixels: (height, width, 3), RGB.
        side: Its longest side on the page, in pixels; a smaller image stays as it is.

    Returns:
        A JPEG.
    """
    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    return pages.jpeg(picture)


def thumbnails(found: Mapping[Place, images.Pixels]) -> dict[Place, bytes]:
    """Encode all images of a page, as large as they fit into it together.

    Args:
        found: As from `gather`.

    Returns:
        A JPEG of each.
    """
    for side in SIDES:
        small = {place: thumbnail(pixels, side) for place, pixels in found.items()}
        if sum(map(len, small.values())) <= ROOM:
            break
    return small


def cell(
    alt: str,
    picture: bytes | None,
    score: float | None = None,
    *,
    original: bool = False,
    absent: str = "no face",
) -> str:
    """Return a cell of a table of the class `strip`.

    Args:
        alt: What the picture shows.
        picture: A JPEG; None if there is none.
        score: The score in its corner; None for none.
        original: Whether it is the unedited image, which is framed.
        absent: What is written in place of a picture.

    Returns:
        An element `td`.
    """
    frame = ' class="original"' if original else ""
    if picture is None:
        return f"<td{frame}>{absent}</td>"
    corner = "" if score is None else f"<b>{parts.minus(f'{score:.2f}')}</b>"
    return f"<td{frame}>{corner}{pages.embedded(alt, picture)}</td>"
