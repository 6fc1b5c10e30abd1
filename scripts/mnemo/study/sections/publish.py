"""The crate in which a study is published: who made it, and under which licence."""

from typing import Annotated

from pydantic import Field

from mnemo.study.sections.base import Section


class Author(Section):
    """A person who is responsible for the study."""

    name: Annotated[str, Field(min_length=1)] = Field(description="Full name.")
    orcid: Annotated[str, Field(pattern=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$")] | None = Field(
        None, description="ORCID iD, such as 0000-0002-1825-0097."
    )
    affiliation: str | None = Field(None, description="Name of the institution.")


class Publish(Section):
    """What the study's crate says of itself, and whether the generated images are in it."""

    title: Annotated[str, Field(min_length=1)] = Field(description="Title of the study.")
    description: str | None = Field(
        None, description="What the study is about, in a sentence or two."
    )
    authors: Annotated[tuple[Author, ...], Field(min_length=1)] = Field(
        description="Who made the study, in the order in which they are cited."
    )
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9.+-]+$")] = Field(
        "CC-BY-4.0",
        description="SPDX identifier of the licence of tables, figures and texts. Generated images "
        "are also bound by the licence of their generator's weights.",
    )
    images: bool = Field(
        False,
        description="Whether the shards of generated images are published. Photographs never are.",
    )
