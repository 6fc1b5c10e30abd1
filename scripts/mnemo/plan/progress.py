"""How far a run is, and when it will be done: from the plan's rates and what its jobs took.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import logging
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import Any, NamedTuple

from mnemo.plan import rates

#: Seconds that a job takes whose rule has no rate: it starts Python and reads a few small files.
SMALL = 3.0
#: Seconds of jobs for which the rates count as much as what was measured.
TRUST = 60.0
#: Lines shown of the log of a job that failed.
SHOWN = 15


class Task(NamedTuple):
    """What one job is expected to cost.

    Attributes:
        rule: The rule.
        seconds: Estimated wall time.
        share: The part of the machine that it keeps from other jobs, over 0 and at most 1.
    """

    rule: str
    seconds: float
    share: float


def announce(
    workflow: Any, name: Callable[[Any], str], cost: Callable[[Any, str], rates.Cost]
) -> None:
    """Send the estimates of all jobs of a run to Snakemake's logger plugin `mnemo`, if it is used.

    Args:
        workflow: Snakemake's workflow, which is about to run its jobs.
        name: Returns the name that a rule has in Mnemo; nothing for another workflow's.
        cost: Estimates a job's cost from its wildcards and that name of its rule.
    """
    if "mnemo" not in workflow.output_settings.log_handler_settings:
        return
    limits = workflow.global_resources
    gpus = limits["gpu"].value if "gpu" in limits else inf
    has_gpu = shutil.which("nvidia-smi") is not None
    plan = {}
    for job in workflow.dag.needrun_jobs():
        rule, gpu = name(job.rule) or job.rule.name, job.resources.get("gpu", 0)
        known = rule in rates.rates()
        seconds = cost(job.wildcards, rule).wall(job.threads, gpu * has_gpu) if known else SMALL
        plan[job.jobid] = Task(rule, seconds, max(job.threads / workflow.cores, gpu / gpus))
    logging.getLogger("snakemake.logging").info("", extra={"plan": plan})


class Progress:
    """What is known of a run from the records that Snakemake logs.

    Attributes:
        log: The file that all messages go to, Snakemake's and its jobs'.
        plan: What the jobs are expected to cost, by Snakemake's number of the job.
        took: Seconds that finished jobs took.
        failed: Rules of the jobs that failed.
        errors: Messages of errors.
        stopped: Whether somebody stopped the run.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.plan: dict[int, Task] = {}
        self.took: dict[int, float] = {}
        self.failed: dict[int, str] = {}
        self.errors: list[str] = []
        self.stopped = False
        self._begun = time.time()
        self._started: dict[int, float] = {}
        self._strips: dict[int, str] = {}
        self._shown = False

    def read(self, record: logging.LogRecord) -> str:
        """Read one record.

        Args:
            record: One that Snakemake logged, or `announce`.

        Returns:
            What the user should learn at once; most often nothing.
        """
        news, message = "", record.getMessage()
        match str(getattr(record, "event", None)), record.__dict__:
            case "job_info", {"jobid": job, "output": output}:
                self._started[job] = record.created
                if strips := [path for path in output if path.endswith("strip.png")]:
                    self._strips[job] = strips[0]
            case "job_finished", {"job_id": job} if job in self.plan:
                self.took[job] = record.created - self._started.pop(job, record.created)
                self.failed.pop(job, None)
                if job in self._strips and not self._shown:
                    self._shown = True
                    news = f"The first edited faces, to look at already: {self._strips[job]}"
            case "job_error", {"jobid": job, "rule_name": rule, "log": logs}:
                self._started.pop(job, None)
                self.failed[job] = rule
                news = _failure(rule, logs, self.log) if not self.stopped else ""
            case _, {"plan": plan}:
                self.plan, self._begun = plan, record.created
            case _ if message.startswith(("Terminating processes", "Will exit after")):
                self.stopped = True
            case _ if message.startswith("Nothing to be done"):
                news = message
            case _ if record.levelno >= logging.ERROR:
                self.errors.append(message)
        return news

    def left(self, now: float) -> float:
        """Estimate the seconds until all jobs are done.

        What the finished jobs of a rule took corrects the estimates of its other jobs, and what all
        finished jobs took those of the rules of which none is finished.

        Args:
            now: Seconds since the epoch.
        """
        took: defaultdict[str, float] = defaultdict(float)
        planned: defaultdict[str, float] = defaultdict(float)
        for job, seconds in self.took.items():
            took[self.plan[job].rule] += seconds
            planned[self.plan[job].rule] += self.plan[job].seconds
        usual = (TRUST + sum(took.values())) / (TRUST + sum(planned.values()))
        work = busy = longest = 0.0
        for job, (rule, seconds, share) in self.plan.items():
            if job in self.took:
                busy += share * self.took[job]
                continue
            spent = now - self._started.get(job, now)
            ratio = took[rule] / planned[rule] if rule in planned else usual
            rest = max(0.0, ratio * seconds - spent)
            busy += share * spent
            work += share * rest
            longest = max(longest, rest)
        used = (TRUST + busy) / (TRUST + now - self._begun)
        return max(work / min(1.0, used), longest)

    def line(self, now: float) -> str:
        """Return how many steps are done, which run, and when the last will be done.

        Args:
            now: Seconds since the epoch.
        """
        steps = f"{len(self.took)} of {len(self.plan)} steps"
        failed = f", {len(self.failed)} failed" if self.failed else ""
        rules = Counter(self.plan[job].rule for job in self._started if job in self.plan)
        runs = ", ".join(rule if jobs == 1 else f"{jobs} {rule}" for rule, jobs in rules.items())
        if self.stopped:
            return f"{steps}{failed}, stops after {runs}"
        left = self.left(now)
        clock = time.strftime("%H:%M", time.localtime(now + left))
        wait = f"in {left / 60:.0f} min" if left >= 60 else "in under a minute"
        return f"{steps}{failed}, done about {clock} ({wait}): {runs}"

    def end(self, now: float) -> str:
        """Return how the run ended.

        Args:
            now: Seconds since the epoch.
        """
        steps = f"{len(self.took)} of {len(self.plan)} steps done"
        if self.stopped:
            return f"Stopped, with {steps}. The same command continues from there."
        if self.failed:
            return f"Failed: {', '.join(self.failed.values())}; {steps}. All messages: {self.log}"
        if not self.plan or len(self.took) < len(self.plan):
            return "\n".join(self.errors)
        minutes, seconds = divmod(round(now - self._begun), 60)
        return f"{steps} in {minutes} min {seconds} s."


def _failure(rule: str, logs: list[str], messages: Path) -> str:
    """Return the end of what a job logged; if it logged nothing, that of all messages."""
    # Snakemake adds in brackets where else to look.
    paths = [Path(path.split(" (")[0]) for path in logs]
    path = next((path for path in paths if path.is_file() and path.stat().st_size), messages)
    lines = path.read_text(errors="replace").splitlines()[-SHOWN:]
    return "\n".join([f"{rule} failed. The end of {path}:", *(f"    {line}" for line in lines)])
