"""The files and params of the jobs of experiments with people.

Functions of `wildcards` read the wildcards of a job as attributes.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from importlib.util import find_spec
from operator import attrgetter
from typing import Any

from mnemo.errors import MnemoError
from mnemo.experiment.settings import MemoryGame
from mnemo.photos import folder
from mnemo.study import experiments, sets
from mnemo.study.config import Config
from mnemo.study.paths import OF_EXPERIMENTS, OF_GAMES, Paths
from mnemo.study.sections.experiments import Experiment


class People:
    """The experiments of one study.

    Args:
        config: The study.
        paths: Its paths.
    """

    def __init__(self, config: Config, paths: Paths):
        self.config = config
        self.paths = paths

    def check_orders(self) -> None:
        """Make sure that the images of each memory game can be put in an order.

        Called before any image is made; on a machine that has only Snakemake, the job that writes
        the experiment finds out.

        Raises:
            MnemoError: They can't; the message says which limit is in the way, and by how much.
        """
        if find_spec("scipy") is None:
            return
        from mnemo.experiment import arrangement

        for name, own in self.config.experiments.items():
            if isinstance(own.design, MemoryGame):
                try:
                    arrangement.check(own.design)
                except MnemoError as why:
                    raise MnemoError(f"experiments.{name}.settings: {why}") from why

    @property
    def folders(self) -> list[str]:
        """The descriptions in the folders of the experiments, and what says that they are new."""
        names = self.config.experiments
        described = [f"<results>/experiments/{name}/experiment.json" for name in names]
        return [*described, *self._exported(names)]

    @property
    def results(self) -> list[str]:
        """The tables, pages and figure that are made of the answers; none without answers.

        Their experiments must be new, too: after an export that was refused, they would be old.
        """
        tables = [name for name in (*OF_EXPERIMENTS, *OF_GAMES) if name in self.paths.tables]
        shown = [name for name in tables if name in self.paths.shown]
        return [
            *(f"<results>/{name}.parquet" for name in tables),
            *(f"<results>/pages/{name}.html" for name in shown),
            *(["<results>/figures/human_rates.svg"] if tables else []),
            *self._exported(experiments.answered(self.config)),
        ]

    def stimuli(self, wildcards: Any) -> dict[str, list[str]]:
        """List the shards of the images that an experiment shows, and of their classes."""
        of = experiments.stimuli(self.config, wildcards.experiment)
        images = {name: self.paths.shards("square", names) for name, names in of.items()}
        several = self.config.generator.entry.class_count
        sources = {each for names in of.values() for each in names} if several else set()
        return {**images, "latents": self.paths.shards("latents", sorted(sources))}

    def settings(self, wildcards: Any) -> dict[str, Any]:
        """Return the settings of an experiment."""
        return asdict(self._own(wildcards).design)

    def digest_of_photographs(self, wildcards: Any) -> str | None:
        """Digest an experiment's photographs, which are no input: their names are private."""
        own = self._own(wildcards).photographs
        return folder.digest(folder.pictures(own)) if own else None

    def is_simulated(self, wildcards: Any) -> bool:
        """Return whether the answers to an experiment are simulated."""
        return self._own(wildcards).simulated is not None

    def key(self, path: str) -> Callable[[Any], Any]:
        """Return a function of wildcards that looks a key of an experiment up, by its path."""
        find = attrgetter(path)

        def look_up(wildcards: Any) -> Any:
            return find(self._own(wildcards))

        return look_up

    def scores_to_follow(self, wildcards: Any) -> list[str]:
        """List the scores that the memory of simulated participants follows, if it does."""
        simulated = self._own(wildcards).simulated
        follows = simulated.assessor if simulated else None
        return self._scores(wildcards, [follows]) if follows else []

    def answers(self, wildcards: Any) -> str:
        """Return the file with the answers to an experiment."""
        simulated = f"<results>/people/{wildcards.experiment}/simulated.parquet"
        return experiments.file_of_answers(self._own(wildcards)) or simulated

    def factors(self, wildcards: Any) -> list[str]:
        """List the visual factors of the images that an experiment tests."""
        return self._scores(wildcards, list(self.config.measured_factors))

    def _exported(self, names: Iterable[str]) -> list[str]:
        """List the files that there are once experiments have been exported as the study is now."""
        return [f"<results>/people/{name}/exported" for name in names]

    def _scores(self, wildcards: Any, scorers: list[str]) -> list[str]:
        """List scores of the images that an experiment tests, in the first shape that has some."""
        own = self._own(wildcards)
        names = sets.edited(self.config.edit(own.edit), own.alphas)
        return self.paths.scores(names, scorers, [sets.shapes(self.config, names[0])[0]])

    def _own(self, wildcards: Any) -> Experiment:
        return self.config.experiments[wildcards.experiment]
