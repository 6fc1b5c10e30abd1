"""The photographs of a study."""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mnemo.inversion.registry import PERCEPTUAL
from mnemo.study.sections.base import Section, Space, known


class Photos(Section):
    """Photographs, or latents of them, that edits move as they move generated images."""

    folder: str | None = Field(
        None,
        min_length=1,
        description="Folder with the photographs: every file in it with the ending of a picture.",
    )
    latents: str | None = Field(
        None,
        description="File of latents that another program found for photographs, in place of the "
        "folder; docs/interop.md lists the kinds.",
    )
    count: PositiveInt | None = Field(
        None,
        strict=True,
        description="Photographs: the first ones of the folder, all if absent; or the number of "
        "latents in the file, which must be given.",
    )
    alignment: Literal["ffhq", "centre"] = Field(
        "ffhq",
        description="How a photograph is cut: ffhq turns and scales the face as in FFHQ, the faces "
        "that StyleGAN was trained on; centre takes the middle, for other things than faces.",
    )
    space: Space | None = Field(
        None,
        description="Latent space of the inversion, or of the latents in the file; if absent, "
        "w_plus, or z for a generator without w.",
    )
    steps: PositiveInt = Field(
        1000, le=100_000, description="Steps of the inversion at most; most photographs need fewer."
    )
    perceptual: Annotated[str, known("perceptual distance", PERCEPTUAL)] | None = Field(
        "lpips-vgg16",
        json_schema_extra={"enum": [*PERCEPTUAL, None]},
        description="Perceptual distance that the inversion makes small, besides the error of the "
        "pixels: LPIPS, or a stand-in on the early layers of ResMem's network; none if null.",
    )
    batch: PositiveInt = Field(
        10,
        description="Photographs that one job inverts, all at once; shard_size must be a multiple.",
    )
    seed: NonNegativeInt = Field(0, lt=2**32, description="Seed of the inversion.")

    @model_validator(mode="after")
    def _one_source(self) -> "Photos":
        if (self.folder is None) == (self.latents is None):
            raise ValueError("give either folder or latents")
        if self.latents is not None and self.count is None:
            raise ValueError("give count, the number of latents in the file")
        return self
