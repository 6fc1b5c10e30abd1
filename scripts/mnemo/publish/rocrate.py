"""The description of a crate after RO-Crate 1.2 (researchobject.org/ro-crate)."""

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from rocrate.model.contextentity import ContextEntity
from rocrate.model.person import Person
from rocrate.model.preview import Preview
from rocrate.rocrate import ROCrate

from mnemo import hashes
from mnemo.crates import layout

_VERSION = "1.2"
_TYPES = {
    ".parquet": "application/vnd.apache.parquet",
    ".md": "text/markdown",
    ".bib": "application/x-bibtex",
    ".tex": "application/x-tex",
    ".yaml": "application/yaml",
    ".npy": "application/octet-stream",
    ".safetensors": "application/octet-stream",
    ".webp": "image/webp",
}
#: What files are that have no title of their own.
_DESCRIPTIONS = {
    "README.md": "Card of the dataset, in the layout of Hugging Face",
    "METHODS.md": "Methods as a paper needs them, in Markdown with Pandoc's citations",
    "methods.tex": "The same in LaTeX, with natbib's citations",
    "references.bib": "The works that it cites, in BibTeX",
    "croissant.json": "Description of the tables and shards of images in Croissant",
    "report.html": "Report of the study, with every figure and table",
    "requirements.txt": "Exact versions of the packages that were installed",
    layout.CONFIG: "The study as it was run, with every default filled in",
    layout.ENVIRONMENT: "Versions, machine and code that made the results",
    layout.WEIGHTS: "Weights behind the results, with sha256, licence and publisher",
    layout.LEFT_OUT: "What this crate does not have, and why",
}


def describe(
    folder: Path,
    about: Mapping[str, Any],
    *,
    weights: Mapping[str, Mapping[str, Any]],
    environment: Mapping[str, Any],
    date: str,
) -> None:
    """Write `ro-crate-metadata.json` and its preview, which list every file with its sha256.

    Args:
        folder: The crate's folder, with all other files.
        about: The section `publish` of the study, with `title`, `description`, `authors` and
            `licence`.
        weights: What is known of the weights behind the results, by name.
        environment: What `environment.json` has.
        date: The date of publication, as YYYY-MM-DD.
    """
    crate = ROCrate(version=_VERSION)
    root = crate.root_dataset
    crate.name, crate.datePublished = about["title"], date
    crate.description = about["description"]
    crate.license = crate.add(_licence(crate, about["licence"]))
    people = [crate.add(each) for each in _people(crate, about["authors"])]
    root["author"] = people if len(people) > 1 else people[0]
    root["publisher"] = people[0]
    root["keywords"] = ["memorability", "generative adversarial networks", "image memorability"]
    software = crate.add(_software(crate, environment))
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            crate.add_file(path, name, properties=_properties(path, name))
    made = {
        "@type": "CreateAction",
        "name": f"Run of the study {about['title']}",
        "endTime": date,
        "instrument": {"@id": software.id},
        "object": [{"@id": layout.CONFIG}, *({"@id": _id(name)} for name in weights)],
        "result": {"@id": "./"},
    }
    for name, each in weights.items():
        crate.add(ContextEntity(crate, _id(name), _of_weights(name, each)))
    root["mentions"] = crate.add(ContextEntity(crate, "#run", made))
    crate.add(Preview(crate))
    crate.write(folder)


def _properties(path: Path, name: str) -> dict[str, Any]:
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
    return {
        "name": path.name,
        "description": _description(path, name),
        "encodingFormat": kind or "application/octet-stream",
        "contentSize": str(path.stat().st_size),
        "sha256": hashes.of(path),
    }


def _description(path: Path, name: str) -> str:
    if path.suffix == ".parquet":
        metadata = pq.read_schema(path).metadata or {}
        return str(metadata.get(b"title", b"Table").decode())
    return _DESCRIPTIONS.get(name, f"{path.stem.replace('_', ' ')} of {path.parent.name}")


def _licence(crate: ROCrate, name: str) -> ContextEntity:
    url = f"https://spdx.org/licenses/{name}"
    said = {
        "@type": "CreativeWork",
        "name": name,
        "description": f"Licence {name} of the SPDX licence list",
        "url": url,
    }
    return ContextEntity(crate, url, said)


def _people(crate: ROCrate, authors: list[Mapping[str, Any]]) -> list[Person]:
    people = []
    for number, each in enumerate(authors, 1):
        identifier = f"https://orcid.org/{each['orcid']}" if each["orcid"] else f"#author-{number}"
        said = {"name": each["name"]}
        if each["affiliation"]:
            place = {"@type": "Organization", "name": each["affiliation"]}
            said["affiliation"] = crate.add(ContextEntity(crate, f"#affiliation-{number}", place))
        people.append(Person(crate, identifier, said))
    return people


def _software(crate: ROCrate, environment: Mapping[str, Any]) -> ContextEntity:
    version = environment["versions"]["mnemo"]
    said = {
        "@type": "SoftwareApplication",
        "name": "Mnemo",
        "version": version,
        "softwareVersion": version,
        # Where the Software Heritage archive has that commit, if it has it.
        "url": f"https://archive.softwareheritage.org/swh:1:rev:{environment['commit'] or ''}",
        "description": "A Snakemake workflow that finds what makes an image memorable, and edits "
        "images to be more or less so",
    }
    return ContextEntity(crate, "#mnemo", said)


def _id(name: str) -> str:
    return f"#weights-{name.replace(' ', '-')}"


def _of_weights(name: str, weights: Mapping[str, Any]) -> dict[str, Any]:
    said = {
        "@type": "CreativeWork",
        "name": name,
        "description": weights["description"],
        "conditionsOfAccess": weights["licence"],
        "sha256": weights["sha256"],
    }
    if weights["page"].startswith("http"):
        said["url"] = weights["page"]
    return {key: value for key, value in said.items() if value}
