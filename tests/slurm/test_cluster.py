"""The cluster of these tests is what they take it for."""

import sys
from pathlib import Path

import psutil
import pytest

from tests.slurm.cluster import BOOT_SECONDS, NODES, Cluster, until

INTERFACES = "import socket; print(*(name for _, name in socket.if_nameindex()))"


def submit(cluster: Cluster, output: Path, script: str, *options: str) -> str:
    told = cluster.run("sbatch", "--parsable", f"--output={output}", *options, f"--wrap={script}")
    return told.strip()


def test_every_node_is_ready_within_a_minute(cluster: Cluster) -> None:
    assert BOOT_SECONDS <= 60
    assert cluster.ready() == set(NODES)


def test_a_job_runs_on_a_cpu_node_and_is_accounted_for(cluster: Cluster, tmp_path: Path) -> None:
    output = tmp_path / "output"
    job = submit(cluster, output, "hostname; sleep 2", "--comment=a rule", "--job-name=named")
    ran = cluster.wait(job)
    assert (ran.state, ran.name, ran.comment) == ("COMPLETED", "named", "a rule")
    assert (ran.partition, ran.gpus) == ("cpu", 0)
    assert ran.node in ("cpu1", "cpu2")
    assert ran.seconds >= 2
    assert 0 < ran.megabytes < 100
    assert output.read_text() == f"{ran.node}\n"


def test_jobs_that_ask_for_a_gpu_get_one_each(cluster: Cluster, tmp_path: Path) -> None:
    script = "hostname; echo $CUDA_VISIBLE_DEVICES; sleep 5"
    outputs = [tmp_path / "first", tmp_path / "second"]
    asked = ("--partition=gpu", "--gpus=1")
    submitted = [submit(cluster, output, script, *asked) for output in outputs]
    ran = [cluster.wait(job) for job in submitted]
    assert {(job.state, job.node, job.gpus) for job in ran} == {("COMPLETED", "gpu1", 1)}
    assert {output.read_text() for output in outputs} == {"gpu1\n0\n", "gpu1\n1\n"}


def test_a_gpu_is_refused_outside_its_partition(cluster: Cluster, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="Requested node configuration is not available"):
        submit(cluster, tmp_path / "output", "true", "--partition=cpu", "--gpus=1")


def test_a_node_has_no_network_but_its_loopback(cluster: Cluster) -> None:
    assert cluster.run("srun", sys.executable, "-c", INTERFACES) == "lo\n"


def test_a_cluster_taken_down_leaves_no_process(tmp_path: Path) -> None:
    output = tmp_path / "output"
    with Cluster(tmp_path / "cluster") as cluster:
        submit(cluster, output, "trap '' TERM; echo $$; while true; do sleep 1; done")
        until(lambda: output.exists() and output.read_text() != "", 30, "The job is not running")
        processes = cluster.processes()
    assert int(output.read_text()) in processes
    found = psutil.process_iter(["status"])
    # The dead stay listed until their parent, here the machine's first process, asks after them.
    living = {process.pid for process in found if process.info["status"] != psutil.STATUS_ZOMBIE}
    assert living.isdisjoint(processes)
    cluster.down()


def test_a_daemon_that_fails_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("no folder")
    cluster = Cluster(tmp_path)
    with pytest.raises(RuntimeError, match=r"(?s)mariadbd has ended\nIts log ends:\n.*Aborting"):
        cluster.up()
    assert cluster.processes() == []
