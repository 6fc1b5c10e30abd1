"""The disk that a study's images take: all of them, and those that lie there at once.

This module imports nothing heavy, because it is run on machines that have only Snakemake.
"""

from collections import defaultdict
from typing import NamedTuple

from mnemo.plan import rates
from mnemo.plan.jobs import OF_IMAGES, of_study
from mnemo.study import experiments, sets
from mnemo.study.config import Config


class Disk(NamedTuple):
    """What the images of a study take, in bytes.

    Attributes:
        written: All that are ever written.
        stay: Those that stay; of a study that keeps all images, all.
        wait: The most that lie there until a job that reads many shards at once has them all: a
            database to train on, an experiment, figures of photographs, and what figures show.
        each: The most that wait for each job that runs at a time: the images that one reads, in all
            their shapes.
        beside: How many times as many lie there beside those of the jobs that run: images that wait
            for the others of a shard of scores, or for those that they are compared with.
    """

    written: float
    stay: float
    wait: float
    each: float
    beside: int

    def at_once(self, jobs: int) -> float:
        """Return the most bytes that lie there at once.

        Args:
            jobs: Jobs that run at a time.
        """
        return min(self.written, self.stay + self.wait + (jobs + self.beside) * self.each)


def of_images(config: Config) -> Disk:
    """Add up the disk that the images of a study take.

    Renders wait for all other jobs, so that a shard is made when no other is left that a job could
    read. Hence each shard that lies there belongs to a job that runs, but for those that wait.

    Args:
        config: The study.

    Returns:
        The disk.
    """
    written: defaultdict[str, float] = defaultdict(float)
    passing = set()
    for job in of_study(config):
        if job.rule in OF_IMAGES:
            name = job.output.rsplit("/", 2)[0]
            written[name] += rates.cost(job.rule, config.generator.entry, *job.work).disk
            passing.update([name] if job.passes else [])
    stay = sum(size for name, size in written.items() if name not in passing)
    waiting = passing & {*sets.shown_sets(config), *_read_whole(config)}
    few = passing - waiting
    return Disk(
        written=sum(written.values()),
        stay=stay,
        wait=sum(written[name] for name in waiting),
        each=max((written[name] * _share(config, name) for name in few), default=0),
        beside=2 * bool(config.methods or config.layerwise)
        + (config.score_shard_size > config.shard_size),
    )


def _read_whole(config: Config) -> list[str]:
    """List the sets all of whose images one job reads."""
    of_photos = [
        *sets.PHOTOS,
        *(name for edit in config.edits if edit.of == "photos" for name in sets.edited(edit)),
    ]
    shown = [
        name
        for each in config.experiments
        for names in experiments.stimuli(config, each).values()
        for name in names
    ]
    return ["train", *of_photos, *shown]


def _share(config: Config, name: str) -> float:
    """Return the share of a set's images that one job reads."""
    return min(1.0, config.score_shard_size / sets.base(config, name).count)
