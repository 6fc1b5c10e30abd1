"""A real SLURM on one machine: three nodes and a controller, booted and taken down by the tests.

The cluster lives in a network namespace in which only the loopback interface is up, so its nodes
provably reach no network, its ports are its own, and all its processes can be found. Each node has
a UTS namespace as well: a host name of its own, by which its processes are told from those of
other nodes.

Run as `python -m tests.slurm.cluster` to learn what is missing to boot it on this machine.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Self

PACKAGES = Path(__file__).with_name("packages.txt")
#: The nodes, and the port of each; the namespace is private, so that fixed ports never collide.
NODES = {"cpu1": 6821, "cpu2": 6822, "gpu1": 6823}
#: Seconds that a boot may take.
BOOT_SECONDS = 60.0
#: Seconds without an answer after which the controller takes a node for dead.
DEAD_AFTER = 10
#: Seconds after which the controller has saved a change of its state: slurmctld waits up to five.
STATE_SECONDS = 6
#: How many of a log's last lines an error shows.
TAIL = 20

SLURM_CONF = """\
ClusterName=mnemo
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=6817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SwitchType=switch/none
MpiDefault=none

# No cgroups, which not every machine lets tests use: a job is its process groups, and its memory
# is looked at once a second.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill

# Nodes may claim more than this machine has.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu

# What can never run is refused when it is submitted; what can, starts at once.
EnforcePartLimits=ALL
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0

# Faults are noticed within seconds, where a site would rather wait minutes.
SlurmdTimeout={dead_after}
KillWait=2
MessageTimeout=10
ReturnToService=2

# squeue remembers finished jobs for an hour: Snakemake's plugin refuses to ask it otherwise.
MinJobAge=3600

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=6819
AccountingStoragePass={folder}/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment

NodeName=DEFAULT CPUs=8 RealMemory=16000
NodeName=cpu1 NodeAddr=127.0.0.1 Port={ports[cpu1]}
NodeName=cpu2 NodeAddr=127.0.0.1 Port={ports[cpu2]}
NodeName=gpu1 NodeAddr=127.0.0.1 Port={ports[gpu1]} Gres=gpu:2
PartitionName=DEFAULT DefaultTime=10 DefMemPerCPU=500
PartitionName=cpu Nodes=cpu1,cpu2 Default=YES
PartitionName=gpu Nodes=gpu1
"""

# SLURM counts as many GPUs as there are files, which must differ and be devices.
GRES_CONF = "NodeName=gpu1 Name=gpu File=/dev/null,/dev/zero\n"

SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost={host}
DbdAddr=127.0.0.1
DbdPort=6819
SlurmUser=root
PidFile={folder}/slurmdbd.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=3306
StorageUser=root
StorageLoc=slurm
"""

SRUN = """\
#!/bin/sh
SLURM_CONF={folder}/slurm.conf exec {srun} "$@"
"""


class Job(NamedTuple):
    """One run of a job, as the accounting keeps it; a job that was requeued has several."""

    id: str
    name: str
    state: str
    partition: str
    node: str
    comment: str
    #: Allocated, and the most of its memory that a step of it has used.
    gpus: int
    megabytes: float
    #: From the start to the end, or to now.
    seconds: int


class Queued(NamedTuple):
    """A job that waits or runs, as the controller has it at this moment."""

    id: str
    state: str
    partition: str
    node: str
    #: Why it waits.
    reason: str
    comment: str


class Cluster:
    """A SLURM cluster: nodes cpu1 and cpu2 in partition cpu, the default, and gpu1 in gpu.

    Each node claims 8 CPUs and 16 GB, and gpu1 two GPUs, that are none.

    Args:
        folder: Where its configuration, logs, spools and database go; made where it is missing.
            A short path: sockets lie in it, whose names may have 107 bytes.
    """

    def __init__(self, folder: Path):
        self.folder = folder.resolve()
        self._daemons: dict[str, subprocess.Popen[bytes]] = {}
        self._network = ""

    def __enter__(self) -> Self:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def up(self) -> None:
        """Boot the cluster, and wait until every node can take a job.

        Raises:
            RuntimeError: Something is missing on this machine; or a daemon did not come up in
                time: the end of its log is shown, and what had come up is taken down.
        """
        if missing := requirements():
            raise RuntimeError(missing)
        deadline = time.monotonic() + BOOT_SECONDS
        try:
            self._boot(lambda: deadline - time.monotonic())
        except BaseException:
            self.down()
            raise

    def down(self) -> None:
        """Stop every daemon, and whatever else runs in the cluster."""
        for name in reversed(list(self._daemons)):
            daemon = self._daemons.pop(name)
            daemon.terminate()
            try:
                daemon.wait(5)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        # Jobs, and the slurmstepd of each, outlive the daemon of their node.
        _kill(self.processes)
        self._network = ""

    def command(self, *words: str | Path) -> list[str]:
        """Return the command that runs another one on the cluster's login node."""
        if "network" not in self._daemons:
            raise RuntimeError("The cluster is down.")
        return ["nsenter", f"--target={self._daemons['network'].pid}", "--net", *map(str, words)]

    def environment(self) -> dict[str, str]:
        """Return the environment in which SLURM's commands, and Snakemake, find the cluster.

        A real cluster has its configuration in /etc/slurm, where no variable need point. Here one
        does, and Snakemake's plugin drops it before it calls srun inside a job, so the first
        folder on the path has an srun that sets it again.
        """
        outer = {
            key: value for key, value in os.environ.items() if not re.match("SLURM|SBATCH", key)
        }
        return {
            **outer,
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder / 'bin'}:{outer['PATH']}",
        }

    def run(self, *words: str | Path, seconds: float = 60) -> str:
        """Run a command on the login node.

        Args:
            words: The command.
            seconds: How long it may take.

        Returns:
            What it printed.

        Raises:
            RuntimeError: It failed.
            subprocess.TimeoutExpired: It took longer.
        """
        done = subprocess.run(
            self.command(*words),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, words))}:\n{done.stdout}{done.stderr}")
        return done.stdout

    def jobs(self) -> list[Job]:
        """List every run of every job, oldest first; the accounting is about a second late."""
        fields = "JobID,JobName,State,Partition,NodeList,Comment,AllocTRES,ElapsedRaw,MaxRSS"
        table = self.run(
            *("sacct", "--allusers", "--duplicates", "--starttime=2000-01-01", "--noheader"),
            *("--parsable2", "--delimiter=\t", "--units=M", f"--format={fields}"),
        )
        jobs: list[Job] = []
        for row in table.splitlines():
            job, name, state, partition, node, comment, resources, elapsed, memory = row.split("\t")
            if "." not in job:
                gpus = re.search(r"gres/gpu=(\d+)", resources)
                count = int(gpus[1]) if gpus else 0
                # "CANCELLED by 0" names the user.
                state = state.split()[0]
                node = node.replace("None assigned", "")
                jobs.append(
                    Job(job, name, state, partition, node, comment, count, 0.0, int(elapsed))
                )
            elif memory:
                # A job's steps follow it.
                most = max(jobs[-1].megabytes, float(memory.removesuffix("M")))
                jobs[-1] = jobs[-1]._replace(megabytes=most)
        return jobs

    def queue(self) -> list[Queued]:
        """List the jobs that wait or run."""
        table = self.run("squeue", "--noheader", "--format=%i\t%T\t%P\t%N\t%r\t%k")
        rows = table.replace("(null)", "").splitlines()
        return [Queued(*row.split("\t")) for row in rows]

    def wait(self, job: str, seconds: float = 60) -> Job:
        """Wait until a job has ended, and not to be requeued, and give its last run."""

        def runs() -> list[Job]:
            return [run for run in self.jobs() if run.id == job]

        def over() -> bool:
            return (
                not any(queued.id == job for queued in self.queue())
                and bool(last := runs()[-1:])
                and last[0].state not in ("PENDING", "RUNNING", "REQUEUED")
            )

        until(over, seconds, f"Job {job} has not ended")
        return runs()[-1]

    def kill_node(self, name: str) -> None:
        """Kill a node's daemon and all that runs on the node at once, as a power cut would."""
        daemon = self._daemons.pop(name)
        node = _namespace("uts", daemon.pid)
        _kill(lambda: [pid for pid in self.processes() if _namespace("uts", pid) == node])
        daemon.wait()

    def start_node(self, name: str) -> None:
        """Start a node that was killed, and wait until it can take a job."""
        self._start_node(name)
        self._wait_for_node(name, BOOT_SECONDS)

    def drain(self, name: str) -> None:
        """Let a node finish its jobs, and take no others."""
        self.run("scontrol", "update", f"NodeName={name}", "State=DRAIN", "Reason=test")

    def resume(self, name: str) -> None:
        """Let a drained node take jobs again."""
        self.run("scontrol", "update", f"NodeName={name}", "State=RESUME")

    def restart_controller(self, outage: float) -> None:
        """Kill the controller, start it again, and wait until it has found its nodes again.

        It saves its state a few seconds after a change. A job submitted just before a crash would
        be queued once more while it runs, and SLURM then holds it until somebody releases it: so
        this waits until the state is saved.

        Args:
            outage: Seconds in between.
        """
        nodes = self.ready()
        time.sleep(STATE_SECONDS)
        controller = self._daemons.pop("slurmctld")
        controller.kill()
        controller.wait()
        time.sleep(outage)
        self._start_controller()
        self._wait_for("slurmctld", lambda: nodes <= self.ready(), BOOT_SECONDS)

    def ready(self) -> set[str]:
        """List the nodes that answer and can take a job, now or after those they have."""
        table = self.run(
            *("sinfo", "--noheader", "--responding", "--Node"),
            *("--states=idle,mix,alloc", "--format=%N"),
        )
        return set(table.split())

    def processes(self) -> list[int]:
        """List the ids of all processes of the cluster: daemons, jobs and what `run` started."""
        if not self._network:
            return []
        found = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal())
        return [pid for pid in found if _namespace("net", pid) == self._network]

    def _boot(self, left: Callable[[], float]) -> None:
        self._configure()
        # A namespace lives as long as a process in it.
        self._start("network", ["unshare", "--net", "sleep", "infinity"])
        self._wait_for("network", self._find_network, left())
        self.run("ip", "link", "set", "lo", "up")
        # SLURM looks addresses up with AI_ADDRCONFIG, which overlooks 127.0.0.1.
        self.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")

        socket = self.folder / "munge.socket"
        self._start(
            "munged",
            self.command(
                *("munged", "--foreground", "--force", f"--socket={socket}"),
                *(f"--key-file={self.folder}/munge.key", f"--seed-file={self.folder}/munge.seed"),
                f"--pid-file={self.folder}/munged.pid",
            ),
        )
        self._wait_for("munged", socket.exists, left())
        self._start_database(left())
        self._start("slurmdbd", self.command("slurmdbd", "-D"))
        self._wait_for("slurmdbd", lambda: self.run("sacctmgr", "show", "cluster"), left())
        self._start_controller()
        self._wait_for("slurmctld", lambda: self.run("sinfo", seconds=10), left())
        for name in NODES:
            self._start_node(name)
        for name in NODES:
            self._wait_for_node(name, left())

    def _configure(self) -> None:
        for name in ("bin", "log", "state", *(f"spool/{node}" for node in NODES)):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        # Daemons that were killed leave their sockets, which would seem to be those of the next.
        for stale in self.folder.glob("*.socket"):
            stale.unlink()
        values = {
            "folder": self.folder,
            "host": os.uname().nodename.partition(".")[0],
            "ports": NODES,
            "dead_after": DEAD_AFTER,
            "srun": shutil.which("srun"),
        }
        (self.folder / "slurm.conf").write_text(SLURM_CONF.format_map(values))
        (self.folder / "gres.conf").write_text(GRES_CONF)
        (self.folder / "bin" / "srun").write_text(SRUN.format_map(values))
        (self.folder / "bin" / "srun").chmod(0o755)
        # Those two refuse files that others can read.
        for name, content in {
            "slurmdbd.conf": SLURMDBD_CONF.format_map(values).encode(),
            "munge.key": os.urandom(128),
        }.items():
            (self.folder / name).touch(mode=0o600)
            (self.folder / name).write_bytes(content)

    def _start_database(self, seconds: float) -> None:
        data, socket = self.folder / "database", self.folder / "database.socket"
        options = ["--no-defaults", "--user=root", f"--datadir={data}"]
        if not data.exists():
            self.run(
                *("mariadb-install-db", *options, "--skip-test-db"),
                "--auth-root-authentication-method=normal",
                seconds=seconds,
            )
        self._start(
            "mariadbd",
            self.command(
                *("mariadbd", *options, f"--socket={socket}", "--bind-address=127.0.0.1"),
                *("--port=3306", f"--pid-file={self.folder}/mariadbd.pid"),
                *("--innodb-buffer-pool-size=64M", "--innodb-lock-wait-timeout=900"),
            ),
        )
        self._wait_for("mariadbd", socket.exists, seconds)

    def _start_controller(self) -> None:
        self._start("slurmctld", self.command("slurmctld", "-D"))

    def _start_node(self, name: str) -> None:
        named = 'hostname "$0" && exec slurmd -D'
        self._start(name, self.command("unshare", "--uts", "sh", "-c", named, name))

    def _start(self, name: str, words: list[str]) -> None:
        """Start a daemon in the foreground: its process is ours, and no file needs to name it."""
        with (self.folder / "log" / f"{name}.log").open("a") as log:
            self._daemons[name] = subprocess.Popen(
                words,
                cwd=self.folder,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _find_network(self) -> bool:
        """Learn the namespace's name, once the process that holds it has left the one of all."""
        found = _namespace("net", self._daemons["network"].pid)
        self._network = "" if found == _namespace("net", os.getpid()) else found
        return bool(self._network)

    def _wait_for_node(self, name: str, seconds: float) -> None:
        self._wait_for(name, lambda: name in self.ready(), seconds)

    def _wait_for(self, name: str, answer: Callable[[], object], seconds: float) -> None:
        """Wait until a daemon is ready: until something true, and no error, is its answer.

        Raises:
            RuntimeError: It has ended, or takes too long; the end of its log is shown.
        """
        daemon = self._daemons[name]
        refusal = ""

        def settled() -> bool:
            nonlocal refusal
            try:
                return daemon.poll() is not None or bool(answer())
            except (RuntimeError, subprocess.TimeoutExpired) as refused:
                refusal = str(refused)
                return False

        try:
            until(settled, seconds, f"{name} is not ready")
            failure = f"{name} has ended" if daemon.poll() is not None else ""
        except TimeoutError as late:
            failure = f"{late}. {refusal}"
        if failure:
            log = (self.folder / "log" / f"{name}.log").read_text().splitlines()
            raise RuntimeError("\n".join([failure, "Its log ends:", *log[-TAIL:]]))


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until a condition holds.

    Args:
        condition: Asked ten times a second.
        seconds: How long to wait.
        what: The error's words, for when it does not hold.

    Raises:
        TimeoutError: It does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} after {seconds:.0f} s")
        time.sleep(0.1)


def requirements() -> str:
    """Return what is missing to boot a cluster on this machine; empty if nothing is."""
    if shutil.which("dpkg-query") is None:
        return "These tests boot a SLURM cluster from Debian's packages, and so need Debian."
    lines = PACKAGES.read_text().splitlines()
    packages = [line.split("#")[0].strip() for line in lines if not line.startswith("#")]
    status = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages]
    known = subprocess.run(status, capture_output=True, text=True, check=False).stdout.splitlines()
    missing = [name for name in packages if f"{name} installed" not in known]
    if missing:
        return (
            "These tests boot a SLURM cluster, and need Debian's packages for it. As root:\n"
            f"apt-get install --yes --no-install-recommends {' '.join(missing)}"
        )
    namespace = ["unshare", "--net", "--uts", "ip", "link", "set", "lo", "up"]
    if subprocess.run(namespace, capture_output=True, check=False).returncode:
        return (
            "These tests boot a SLURM cluster in a network namespace, which only root can make, "
            "and in a container only where it has CAP_SYS_ADMIN: run them as root."
        )
    return ""


def _kill(remaining: Callable[[], list[int]]) -> None:
    """Kill processes until none is left: one may start another while it is being killed."""

    def gone() -> bool:
        pids = remaining()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not pids

    until(gone, 10, "Processes outlive SIGKILL")


def _namespace(kind: str, pid: int) -> str:
    """Name the namespace that a process is in; a process that has ended is in none."""
    try:
        return str(Path(f"/proc/{pid}/ns/{kind}").readlink())
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(requirements() or None)
