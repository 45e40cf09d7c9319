"""A sweep on a Dask cluster of two worker processes, one of which is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from proofs_check import cli
from proofs_check.sweep_design import read_cells
from proofs_check.sweep_store import Store
from tests import quick_cells

ROOT = Path(__file__).resolve().parents[1]
QUICK = Path(__file__).parent / "sweep_quick.toml"
CELLS = read_cells(QUICK, 0)
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    # Workers that die are noticed by their closed connection; nothing else has to be waited for.
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
}
# A scheduler and one of its workers, as importing Dask is most of what a process does here; or a worker.
NODE = """
import asyncio, contextlib, sys
from distributed import Scheduler, Worker
from tests import quick_cells

async def serve(address, folder, role):
    quick_cells.dask_setup(None)
    worker = Worker(address, nthreads=1, dashboard=False, local_directory=folder)
    both = [Scheduler(host=address, dashboard=False), worker]
    async with contextlib.AsyncExitStack() as ready:
        for server in both if role == "scheduler" else [worker]:
            await ready.enter_async_context(server)
        print("ready", flush=True)
        await worker.finished()

asyncio.run(serve(*sys.argv[1:]))
"""


def start(*arguments, cwd):
    waiting = {"STUCK": CELLS[10].key, "GATE": str(cwd / "gate")}
    return subprocess.Popen(
        [sys.executable, "-c", NODE, *arguments],
        cwd=cwd, env={**ENVIRONMENT, **waiting}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler that has a worker, and another worker."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    nodes = [start(address, str(tmp_path), role, cwd=tmp_path) for role in ("scheduler", "worker")]
    try:
        assert [node.stdout.readline() for node in nodes] == [b"ready\n"] * 2
        yield address, nodes[1]
    finally:
        for node in nodes:
            node.kill()
            node.communicate()


def test_a_worker_that_dies_costs_no_cell_and_doubles_none(cluster, tmp_path, capsys):
    address, worker = cluster
    store, begun = tmp_path / "s.sqlite", []

    def kill_when_begun():
        while not begun:
            time.sleep(0.05)
            if store.exists():
                with closing(Store(store, "rw")) as reader:
                    begun.extend(reader.rows() if reader._identity() else ())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        (tmp_path / "gate").touch()

    killer = threading.Thread(target=kill_when_begun)
    killer.start()
    try:
        code = cli.main(["sweep", str(QUICK), "--store", str(store), "--dask", address])
    finally:
        begun.append(None)  # or the thread would wait on if nothing is ever done
        killer.join()
    out, err = capsys.readouterr()
    assert code == 0, err
    assert 0 < len(begun) - 1 < len(CELLS)
    assert f"{len(CELLS)} of {len(CELLS)} cells" in out
    with closing(Store(store, "rw")) as reader:
        rows = reader.rows()
    assert rows == [quick_cells.measure(spec, 0) for spec in CELLS]


def test_a_scheduler_that_does_not_answer_is_a_sentence(tmp_path, monkeypatch, capsys):
    from proofs_check import executors

    real = executors._connect
    monkeypatch.setattr(executors, "_connect", lambda address, _: real(address, 0.5))
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        address = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        assert cli.main(["sweep", str(QUICK), "--store", str(tmp_path / "s"), "--dask", address]) == 2
    assert capsys.readouterr().err.startswith(f"rvscgd sweep: --dask={address}, no scheduler answers there (")
