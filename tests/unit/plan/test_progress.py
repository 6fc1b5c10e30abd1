"""What a run's progress says: from the plan at first, then from what the jobs took."""

import logging
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mnemo.plan import progress, rates
from mnemo.plan.progress import Progress, Task

BEGUN = 1_000_000.0


def record(event: str | None = None, after: float = 0, **fields: Any) -> logging.LogRecord:
    """Make a record as Snakemake 9 logs it, some seconds after the run began."""
    return logging.makeLogRecord(
        {"levelno": logging.INFO, "msg": "", **fields, "event": event, "created": BEGUN + after}
    )


@pytest.fixture
def run(tmp_path: Path) -> Progress:
    """A run of two small jobs and two large ones on two cores, which has just begun."""
    made = Progress(tmp_path / "all.log")
    made.log.write_text("Traceback\nImportError: no torch\n")
    small, large = Task("draw_strip", 10, 0.5), Task("score_images", 100, 0.5)
    made.read(record(plan={1: small, 2: small, 3: large, 4: large}))
    return made


def start(run: Progress, job: int, after: float, *output: str) -> None:
    assert not run.read(record("job_info", after, jobid=job, output=list(output)))


def finish(run: Progress, job: int, after: float) -> str:
    return run.read(record("job_finished", after, job_id=job))


def fail(run: Progress, job: int, *logs: str) -> str:
    fields = {"jobid": job, "rule_name": run.plan[job].rule, "log": list(logs)}
    return run.read(record("job_error", 1, levelno=logging.ERROR, **fields))


def test_at_first_the_plan_says_how_long_it_takes(run: Progress) -> None:
    assert run.left(BEGUN) == 110


def test_a_job_that_runs_counts_down_and_no_further_than_to_nothing(run: Progress) -> None:
    start(run, 1, 0)
    start(run, 2, 0)
    assert run.left(BEGUN + 4) == pytest.approx(106)
    assert run.left(BEGUN + 30) == pytest.approx(100)


def test_what_jobs_took_corrects_their_rule_and_less_so_the_others(run: Progress) -> None:
    for job in (1, 3):
        start(run, job, 0)
    finish(run, 1, 10)
    finish(run, 3, 200)
    start(run, 2, 200)
    start(run, 4, 200)
    # The one that draws takes as long as planned, the one that scores twice as long.
    assert run.left(BEGUN + 200) == pytest.approx(200)
    other = Progress(run.log)
    other.read(record(plan={1: Task("a", 60, 1), 2: Task("b", 60, 1)}))
    start(other, 1, 0)
    finish(other, 1, 180)
    # The plan counts for a minute, as much as the job of the other rule.
    assert other.left(BEGUN + 180) == pytest.approx(60 * (60 + 180) / (60 + 60))


def test_cores_that_stood_still_are_expected_to_again(run: Progress) -> None:
    start(run, 3, 0)
    finish(run, 3, 100)
    start(run, 4, 100)
    assert run.left(BEGUN + 200) == pytest.approx(10 / ((60 + 100) / (60 + 200)))


def test_the_longest_job_bounds_the_rest(run: Progress) -> None:
    for job, seconds in ((1, 10), (2, 10), (3, 100)):
        start(run, job, 0)
        finish(run, job, seconds)
    start(run, 4, 100)
    assert run.left(BEGUN + 110) == pytest.approx(90)


def test_the_line_has_steps_failures_time_and_what_runs(run: Progress) -> None:
    start(run, 1, 0)
    finish(run, 1, 10)
    fail(run, 2)
    start(run, 3, 10)
    start(run, 4, 10)
    line = run.line(BEGUN + 10)
    assert line.startswith("1 of 4 steps, 1 failed, done about ")
    assert line.endswith(" (in 2 min): 2 score_images")
    assert "(in under a minute)" in run.line(BEGUN + 100)


def test_the_first_strip_is_shown_once(run: Progress) -> None:
    for job, edit in ((1, "younger"), (2, "older")):
        start(run, job, 0, f"results/demo/figures/{edit}/strip.png", "results/demo/pages/x.html")
    assert finish(run, 2, 3).endswith(": results/demo/figures/older/strip.png")
    assert not finish(run, 1, 4)


def test_a_failure_shows_the_end_of_the_jobs_log_or_else_of_all(
    run: Progress, tmp_path: Path
) -> None:
    log = tmp_path / "job.log"
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    told = fail(run, 1, f"{log} (check log file(s) for error details)")
    assert told.startswith(f"draw_strip failed. The end of {log}:\n")
    assert told.endswith("\n    line 99")
    assert "line 80" not in told
    assert "ImportError: no torch" in fail(run, 3, str(tmp_path / "absent.log"))
    end = run.end(BEGUN + 60)
    assert end.startswith("Failed: draw_strip, score_images; 0 of 4 steps done")
    assert str(run.log) in end


def test_a_job_that_succeeds_when_tried_again_has_not_failed(run: Progress) -> None:
    fail(run, 1)
    for job in range(1, 5):
        start(run, job, 10)
        finish(run, job, 20)
    assert run.end(BEGUN + 605) == "4 of 4 steps done in 10 min 5 s."


def test_jobs_that_end_because_the_user_stopped_the_run_are_no_failures(run: Progress) -> None:
    start(run, 1, 0)
    run.read(record(msg="Terminating processes on user request, this might take some time."))
    assert run.line(BEGUN + 1) == "0 of 4 steps, stops after draw_strip"
    assert not fail(run, 1)
    assert run.end(BEGUN + 60).startswith("Stopped, with 0 of 4 steps done.")


def test_errors_before_any_job_are_all_that_is_shown(run: Progress) -> None:
    empty = Progress(run.log)
    empty.read(record("error", levelno=logging.ERROR, msg="the study is not right"))
    assert empty.end(BEGUN) == "the study is not right"
    assert "Nothing to be done" in Progress(run.log).read(record(msg="Nothing to be done (x)."))
    assert Progress(run.log).end(BEGUN) == ""


def test_a_plan_is_made_of_the_jobs_of_a_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress.shutil, "which", lambda name: None)

    def job(number: int, rule: str, threads: int, **resources: int) -> SimpleNamespace:
        named = SimpleNamespace(name=rule)
        return SimpleNamespace(
            jobid=number, rule=named, wildcards={}, threads=threads, resources=resources
        )

    jobs = [job(1, "mnemo_score_images", 1, gpu=1), job(2, "edit_latents", 2), job(3, "all", 1)]
    workflow = SimpleNamespace(
        output_settings=SimpleNamespace(log_handler_settings={}),
        global_resources={"gpu": SimpleNamespace(value=1)},
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
        cores=4,
    )

    def name(rule: SimpleNamespace) -> str:
        return "" if rule.name == "all" else rule.name.removeprefix("mnemo_")

    def cost(wildcards: object, rule: str) -> rates.Cost:
        return rates.Cost(start=1, seconds=10, gpu_seconds=2, memory=0, disk=0)

    with caplog.at_level(logging.INFO, "snakemake.logging"):
        progress.announce(workflow, name, cost)
        assert not caplog.records
        workflow.output_settings.log_handler_settings["mnemo"] = None
        progress.announce(workflow, name, cost)
    # A job that asks for the only GPU keeps others that do away, and there is none to make it fast.
    expected = {
        1: Task("score_images", 11, 1),
        2: Task("edit_latents", 6, 0.5),
        3: Task("all", progress.SMALL, 0.25),
    }
    assert vars(caplog.records[0])["plan"] == expected
