"""The models behind a study's results: their weights, licences, presets and code."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mnemo import hashes
from mnemo.assessors import cards
from mnemo.assessors import registry as assessors
from mnemo.assessors.backbones.registry import NETWORKS, Network
from mnemo.features.registry import EXTRACTORS
from mnemo.inversion.registry import PERCEPTUAL
from mnemo.study import sets
from mnemo.study.config import Config
from mnemo.weights import catalogue

#: The folder of weights, as rules write it: Snakemake fills in `<resources>`.
FOLDER = "<resources>/weights"


class Models:
    """The models of one study.

    Attributes:
        config: The study.
        generator: Its generator.
        extractor: The features that realness is measured on.
        embedder: The features that identity is measured on, if it is.

    Args:
        config: The study.
    """

    def __init__(self, config: Config):
        self.config = config
        self.generator = config.generator.entry
        self.extractor = EXTRACTORS[config.realness.features]
        self.embedder = EXTRACTORS[config.identity.features] if config.identity else None
        training = config.training
        self._network = NETWORKS[training.architecture] if training else None

    @cached_property
    def scoring(self) -> set[str]:
        """The assessors that score the study's images, and those that give rates to train on."""
        training = self.config.training
        return {*self.config.models, *(training.teachers if training else ())}

    @cached_property
    def derived(self) -> list[str]:
        """Those of them whose score is a difference."""
        return sorted(name for name in self.scoring if assessors.entry(name).parts)

    @cached_property
    def measured(self) -> list[str]:
        """Those that look at images themselves, the parts of differences among them."""
        parts = {part for name in self.derived for part in assessors.entry(name).parts or ()}
        others = {*self.derived, *self.config.measured_factors}
        return sorted({*self.scoring, *parts} - others)

    def own_name(self, assessor: str) -> str:
        """Return a name for an assessor's own weights that no weights of the catalogue have."""
        return f"own {assessor}" if assessor in catalogue.entries() else assessor

    def of_assessor(self, assessor: str) -> list[str]:
        """Return the names of an assessor's weights, its network's first; people have none."""
        if assessor in self.config.ratings:
            return []
        if assessors.entry(assessor).factor:
            return list(assessors.entry(assessor).weights)
        first, *others = assessors.entry(assessor).weights or (assessor,)
        network = self._network_of(assessor)
        if network is None:
            return [first, *others]
        # A file of one's own, or of this study, takes the place of the first; it may need what its
        # training started from.
        needed = [network.initial] if network.initial and not network.whole else []
        return [self.own_name(assessor), *dict.fromkeys([*others, *needed])]

    def _network_of(self, assessor: str) -> Network | None:
        """Return the network of a file that the study trains, or has as the user's own."""
        if self.is_trained(assessor):
            return self._network
        own = self.config.assessor_weights.get(assessor)
        if own is None:
            return None
        # A file of other programs has no card, and is whole.
        found = cards.architecture(own) if Path(own).is_file() else None
        return NETWORKS.get(found or "", Network(module="", description=""))

    def is_trained(self, assessor: str) -> bool:
        """Return whether this study trains an assessor."""
        training = self.config.training
        return training is not None and assessor == training.name

    def behind(self, assessor: str) -> list[str]:
        """Return the names of all weights behind an assessor's scores."""
        parts = assessors.entry(assessor).parts
        if not parts:
            return self.of_assessor(assessor)
        return [name for part in parts for name in self.behind(part)]

    @cached_property
    def to_train(self) -> list[str]:
        """Names of the weights behind the training: what it starts from, and its teachers'."""
        training = self.config.training
        if training is None or self._network is None:
            return []
        initial = [self._network.initial] if self._network.initial else []
        return [*initial, *(name for each in training.teachers for name in self.behind(each))]

    @cached_property
    def given(self) -> dict[str, str]:
        """Files of the user's own, by the name of the weights whose place they take."""
        config = self.config
        files = {self.own_name(name): path for name, path in config.assessor_weights.items()}
        if config.generator.weights:
            files[self.generator.weights] = config.generator.weights
        if config.training and config.training.initial and self._network and self._network.initial:
            files[self._network.initial] = config.training.initial
        return files

    @property
    def trained(self) -> str | None:
        """Name of the weights that the study trains, if it trains any."""
        return self.own_name(self.config.training.name) if self.config.training else None

    @property
    def trained_file(self) -> str:
        """The file of the weights that the study trains."""
        return f"results/{self.config.study}/training/holdout/assessor.safetensors"

    @cached_property
    def of_scores(self) -> list[str]:
        """Names of the weights behind the study's scores, those of its generator among them."""
        return sorted(
            {
                self.generator.weights,
                *(name for scorer in self.config.scorers for name in self.behind(scorer)),
                *(self.to_train if self.config.trained else ()),
            }
        )

    @property
    def landmarks(self) -> list[str]:
        """Names of the weights that find the landmarks by which photographs are aligned."""
        photos = self.config.photos
        aligned = photos is not None and photos.folder and photos.alignment == "ffhq"
        return ["dlib-landmarks-68"] if aligned else []

    @property
    def perceptual_of_photos(self) -> tuple[str, ...]:
        """Names of the weights of the perceptual distance that photographs are inverted with."""
        photos = self.config.photos
        used = photos.perceptual if photos is not None and photos.folder else None
        return PERCEPTUAL[used] if used else ()

    @property
    def perceptual(self) -> tuple[str, ...]:
        """Names of the weights of the perceptual distance of layerwise edits, if there are any."""
        layerwise = self.config.layerwise
        return PERCEPTUAL[layerwise.perceptual] if layerwise else ()

    @property
    def perceptual_of_methods(self) -> tuple[str, ...]:
        """Names of the weights of the perceptual distance of compared edits, if there are any."""
        methods = self.config.methods
        return PERCEPTUAL[methods.perceptual] if methods else ()

    def files_of_perceptual(self, wildcards: Any) -> list[str]:
        """Return the weights files of the perceptual distance of an edited set."""
        return self.files(PERCEPTUAL[sets.perceptual(self.config, wildcards.set)])

    def stamp_of_perceptual(self, wildcards: Any) -> dict[str, Any]:
        """Return the stamp of the image changes of an edited set."""
        return self.stamp(*PERCEPTUAL[sets.perceptual(self.config, wildcards.set)])

    @property
    def of_photos(self) -> list[str]:
        """Names of the weights behind the inversion of photographs."""
        embedder = self.embedder.weights if self.embedder else ()
        return [self.generator.weights, *self.landmarks, *self.perceptual_of_photos, *embedder]

    @property
    def modules_of_photos(self) -> list[str]:
        """The modules that the inversion of photographs imports by name."""
        return [self.generator.module, *([self.embedder.module] if self.embedder else [])]

    @cached_property
    def all(self) -> list[str]:
        """Names of all the weights behind the study's results."""
        embedder = self.embedder.weights if self.embedder else ()
        perceptual = (
            *self.perceptual,
            *self.perceptual_of_photos,
            *self.perceptual_of_methods,
        )
        return sorted(
            {*self.of_scores, *self.extractor.weights, *embedder, *perceptual, *self.landmarks}
        )

    @cached_property
    def used(self) -> list[str]:
        """Those of the catalogue, with what a training needs whose assessor scores nothing."""
        return [
            name
            for name in sorted({*self.all, *self.to_train})
            if name not in self.given and name != self.trained
        ]

    def file(self, name: str) -> str:
        """Return the path of a weights file."""
        if name == self.trained:
            return self.trained_file
        return self.given.get(name) or str(catalogue.path(name, FOLDER))

    def files(self, names: Iterable[str]) -> list[str]:
        """Return the paths of weights files."""
        return [self.file(name) for name in names]

    def module_of_extractor(self, wildcards: Any) -> str:
        """Return the module of the extractor that a job extracts features with."""
        return EXTRACTORS[wildcards.features].module

    def named(self, wildcards: Any) -> str:
        """Return the name of the weights that a file of the catalogue holds."""
        known = catalogue.entries().items()
        return next(name for name, entry in known if entry.file == wildcards.file)

    def files_of_assessor(self, wildcards: Any) -> list[str]:
        """Return an assessor's weights files, but for one that this study trains."""
        names = self.of_assessor(wildcards.assessor)
        return self.files(name for name in names if name != self.trained)

    def of_factors(self, source: str) -> list[str]:
        """Return the names of the weights behind the study's factors of a source."""
        of_each = map(self.of_assessor, self.config.factors_of(source))
        return list(dict.fromkeys(name for names in of_each for name in names))

    @cached_property
    def behind_factors(self) -> list[str]:
        """Names of the weights behind the study's factors, and behind its images."""
        of_each = map(self.of_assessor, self.config.measured_factors)
        names = {name for names in of_each for name in names}
        return sorted({self.generator.weights, *names})

    def trained_of_assessor(self, wildcards: Any) -> list[str]:
        """Return the file of an assessor that this study trains; none for any other."""
        return [self.trained_file] if self.is_trained(wildcards.assessor) else []

    @property
    def initial(self) -> list[str]:
        """The files that training starts from; none for a network that starts from nothing."""
        name = self._network.initial if self._network else None
        return [self.file(name)] if name else []

    def published(self, name: str) -> str:
        """Return the published sha256 of weights; where there is none, the file's path."""
        if name == self.trained:
            return self.trained_file
        if name in self.given:
            return self.given[name]
        entry = catalogue.entries()[name]
        return entry.sha256 or str(catalogue.path(name, hashes.FOLDER))

    def locked(self) -> dict[str, str]:
        """Return the sha256 of first use of weights that are there and have no published one."""
        return {
            name: sha256
            for name in self.all
            if name != self.trained
            and not hashes.is_one(known := self.published(name))
            and (sha256 := hashes.locked(Path(known), hashes.FOLDER))
        }

    def stamp(self, *names: str) -> dict[str, Any]:
        """Return what a table's metadata record: its study, and the weights it was made with."""
        weights = {name: self.published(name) for name in names}
        return {"study": self.config.study, "weights": weights}

    def stamp_of_assessor(self, wildcards: Any) -> dict[str, Any]:
        """Return the stamp of an assessor's scores."""
        return self.stamp(*self.behind(wildcards.assessor))

    def stamp_of_hyperplane(self, wildcards: Any) -> dict[str, Any]:
        """Return the stamp of a hyperplane."""
        return self.stamp(self.generator.weights, *self.behind(wildcards.assessor))

    def stamp_of_direction(self, wildcards: Any) -> dict[str, Any]:
        """Return the stamp of a direction."""
        direction = self.config.named_direction(wildcards.direction)
        found_with = [] if direction.method == "file" else [direction.assessor]
        assessors = filter(None, (*found_with, *direction.hold))
        models = [name for assessor in assessors for name in self.behind(assessor)]
        return self.stamp(self.generator.weights, *models)

    def preset_of_assessor(self, wildcards: Any) -> str:
        """Return the preset that an assessor scores in, corrected where the two are the same."""
        return self.preset_of(wildcards.assessor)

    def preset_of(self, assessor: str) -> str:
        """Return the preset that an assessor scores in, by its name."""
        known = assessors.entry(assessor)
        return "corrected" if known.faithful == known.corrected else self.config.preset

    def preset_of_ovals(self, wildcards: Any) -> str:
        """Return the preset of a set's ovals; those to train on are whole, like the database's."""
        return "corrected" if wildcards.set == "train" else self.config.preset

    @property
    def preset_of_training(self) -> str:
        """The preset of the training; a network with one preparation ignores the study's."""
        by_preset = self._network is not None and self._network.by_preset
        return self.config.preset if by_preset else "corrected"

    def gpu_of_assessor(self, wildcards: Any) -> int:
        """Return the GPUs that scoring asks for."""
        return int(assessors.entry(wildcards.assessor).gpu)

    def modules_of_assessor(self, wildcards: Any) -> list[str]:
        """Return the modules that scoring imports by name."""
        return self.modules_of(wildcards.assessor)

    def modules_of(self, name: str) -> list[str]:
        """Return the modules that scoring by an assessor imports by name."""
        known = assessors.entry(name)
        modules = [known.module, *known.modules]
        if network := self._network_of(name):
            modules += [assessors.TRAINED.module, *filter(None, network.modules)]
        return list(dict.fromkeys(modules))

    def modules_of_learning(self, wildcards: Any) -> list[str]:
        """Return the modules that learning a direction imports by name."""
        return [self.generator.module, *self.modules_of(self._learned_with(wildcards))]

    def files_of_learning(self, wildcards: Any) -> list[str]:
        """Return the weights files of the assessor that a direction is learned with.

        That of one which this study trains is not among them.
        """
        names = self.of_assessor(self._learned_with(wildcards))
        return self.files(name for name in names if name != self.trained)

    def trained_of_learning(self, wildcards: Any) -> list[str]:
        """Return the file of that assessor if this study trains it; none for any other."""
        return [self.trained_file] if self.is_trained(self._learned_with(wildcards)) else []

    def preset_of_learning(self, wildcards: Any) -> str:
        """Return the preset that this assessor scores in, as it scores the study's images."""
        return self.preset_of(self._learned_with(wildcards))

    def _learned_with(self, wildcards: Any) -> str:
        return str(self.config.named_direction(wildcards.direction).assessor)

    @property
    def modules_of_training(self) -> list[str]:
        """The modules that training imports by name."""
        return list(self._network.modules) if self._network else []

    @property
    def licence_of_training(self) -> str:
        """What binds the use of what is trained: the licences of what it learns from."""
        training = self.config.training
        licences = {self.about(name)["licence"] for name in self.to_train}
        made = training is not None and training.teachers
        data = [] if made else ["that of the database that it was trained on"]
        return "; ".join(sorted(licences) + data)

    def about(self, name: str) -> Mapping[str, Any]:
        """Describe a weights file: what it is, its licence, its sha256 or where it lies."""
        unknown = {"page": "", "citation": "", "sha256": self.published(name)}
        if name == self.trained:
            licence = self.licence_of_training
            return {"description": "trained by this study", "licence": licence, **unknown}
        if name in self.given:
            own = {"description": "the user's own file", "licence": "the user's to know"}
            return {**own, **unknown}
        return {**catalogue.entries()[name].model_dump(), "sha256": self.published(name)}

    def listed(self) -> dict[str, Mapping[str, Any]]:
        """Describe all the models of the study, for the report."""
        made = self.config.trained is not None and bool(self.config.trained.teachers)
        faces = self.config.factors_of("face-landmarks")
        mtcnn = "oval" in self.config.shapes or made or bool(faces)
        listed = {name: self.about(name) for name in self.all}
        if mtcnn:
            # Its weights come inside its package, so that there is no file to digest.
            listed["mtcnn"] = catalogue.entries()["mtcnn"].model_dump(exclude={"sha256"})
        return listed

    def describe(self, assessor: str) -> str:
        """Describe what an assessor's score means, for a caption."""
        training = self.config.training
        if training is not None and assessor == training.name:
            target = training.target.replace("_", " ")
            return f"{target}, predicted by the {training.architecture} that this study trains"
        return self.config.about(assessor).description
