"""What `make demo` shows: a line that says how far it is, and the rest in a log file."""

import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.checkout import Checkout
from tests.support.paths import ROOT

SNAKEFILE = """
from mnemo.plan import progress, rates

onstart:
    progress.announce(
        workflow, lambda rule: rule.name, lambda wildcards, rule: rates.Cost(0, 60, None, 0, 0)
    )

rule all:
    input: "strip.png", "accuracy.svg"

rule draw_strip:
    output: "strip.png"
    shell: "echo words of a job; touch {output}"

rule draw_accuracy:
    output: "accuracy.svg"
    log: "logs/accuracy.log"
    shell: "echo the cause > {log}; COMMAND"
"""


def snakemake(folder: Path, command: str = "touch {output}") -> list[str]:
    """Write a workflow of two jobs, one of which runs a command, and give what starts it."""
    (folder / "Snakefile").write_text(SNAKEFILE.replace("COMMAND", command))
    run = f"exec {sys.executable} -m snakemake --logger mnemo --cores 1"
    return ["sh", "-c", f"cd {folder}; PYTHONPATH={ROOT / 'scripts'} {run}"]


def messages(folder: Path) -> str:
    (log,) = folder.glob("logs/*-*.log")
    return log.read_text()


def test_a_run_says_what_matters_and_logs_the_rest(tmp_path: Path) -> None:
    done = subprocess.run(snakemake(tmp_path), capture_output=True, text=True, check=True)
    first, strip, last = done.stderr.splitlines()
    assert first.startswith("3 steps to do; all messages go to logs/")
    assert strip.endswith("look at already: strip.png")
    assert re.fullmatch(r"3 of 3 steps done in 0 min \d+ s\.", last)
    assert not done.stdout
    assert "words of a job\n" in messages(tmp_path)
    assert "rule draw_accuracy:" in messages(tmp_path)
    again = subprocess.run(snakemake(tmp_path), capture_output=True, text=True, check=True)
    assert again.stderr.startswith("Nothing to be done")


def test_a_failure_is_shown_with_its_cause(tmp_path: Path) -> None:
    done = subprocess.run(snakemake(tmp_path, "false"), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "draw_accuracy failed. The end of logs/accuracy.log:\n    the cause" in done.stderr
    assert re.search(r"\nFailed: draw_accuracy; \d of 3 steps done\. All messages: ", done.stderr)


def test_ctrl_c_on_a_terminal_stops_all_and_leaves_no_lock(tmp_path: Path) -> None:
    process, terminal = pty.fork()
    if not process:
        # A shell that runs the tests in the background has them ignore it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        command = snakemake(tmp_path, "touch started; sleep 54.321")
        os.execvp(command[0], command)
    told, sent = b"", False
    while True:
        try:
            told += os.read(terminal, 1000)
        except OSError:  # nobody writes to it any more
            break
        # Snakemake interrupts a job that runs, not one that it is about to start.
        if b"draw_accuracy" in told and (tmp_path / "started").exists() and not sent:
            os.write(terminal, b"\x03")
            sent = True
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 1
    assert re.search(
        rb"\r\x1b\[K[01] of 3 steps, done about \d\d:\d\d \(.*\): draw_accuracy\W", told
    )
    assert b"Stopped, with " in told.splitlines()[-1]
    running = [process.info["cmdline"] or [] for process in psutil.process_iter(["cmdline"])]
    assert not any("54.321" in words for words in running)
    assert not list(tmp_path.glob(".snakemake/locks/*"))


def test_where_lines_stay_one_comes_now_and_then(tmp_path: Path) -> None:
    plugin = tmp_path / "snakemake_logger_plugin_mnemo" / "__init__.py"
    plugin.parent.mkdir()
    text = (ROOT / "scripts" / plugin.relative_to(tmp_path)).read_text()
    plugin.write_text(text.replace("PERIOD = 20", "PERIOD = 1"))
    command = snakemake(tmp_path, "sleep 3; touch {output}")
    command[-1] = command[-1].replace("PYTHONPATH=", f"PYTHONPATH={tmp_path}:")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = re.findall(r"^\d of 3 steps, done about .*: draw_accuracy$", done.stderr, re.M)
    assert len(lines) >= 2


def test_mnemo_says_how_far_it_is(checkout: Checkout) -> None:
    done = subprocess.run(
        checkout.command("results/tiny/eval/latents/00000.parquet", "--logger", "mnemo"),
        cwd=checkout.path,
        env={**os.environ, "PYTHONPATH": "scripts"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.search(r"(\d+) of \1 steps done in 0 min \d+ s\.\n$", done.stderr)


def test_the_demo_makes_the_faces_of_its_first_edit_first(checkout: Checkout) -> None:
    made = subprocess.run(
        ["make", "-n", "demo"], cwd=checkout.path, capture_output=True, text=True, check=True
    ).stdout
    command = re.search(r"\S+python (-m snakemake .*?)\necho", made, re.S)[1]
    told = subprocess.run(
        ["sh", "-c", f"PYTHONPATH=scripts {sys.executable} {command} --dry-run"],
        cwd=checkout.path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    jobs = re.findall(r"^rule (\w+):\n((?:    .*\n)+)", told, re.M)
    soon = {rule for rule, body in jobs if "    priority: highest" in body}
    assert {"sample_latents", "render_images", "score_images", "fit_hyperplane"} < soon
    assert {"edit_latents", "draw_strip"} < soon
    assert not soon & {"extract_features", "measure_realness", "merge_table"}
