"""A sweep on a Dask cluster of separate worker processes, one of which is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from proofs_check import cli
from proofs_check.sweep_design import read_cells
from proofs_check.sweep_store import Store
from tests import quick_cells

ROOT = Path(__file__).resolve().parents[1]
TINY = Path(__file__).parent / "sweep_tiny.toml"
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(ROOT),
    # Workers that die are noticed by their closed connection; nothing else has to be waited for.
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
}


CELLS = read_cells(TINY, 0)


def start(*arguments, cwd):
    waiting = {"STUCK": CELLS[10].key, "GATE": str(cwd / "gate")}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=cwd, env={**ENVIRONMENT, **waiting}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path):
    """Address of a scheduler, and its two workers."""
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = start(
        "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard", "--no-show", cwd=tmp_path
    )
    workers = [
        start(
            "distributed.cli.dask_worker", address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
            "--local-directory", str(tmp_path), "--preload", quick_cells.__file__, cwd=tmp_path,
        )
        for _ in range(2)
    ]  # fmt: skip
    yield address, workers
    for process in (*workers, scheduler):
        process.kill()
        process.wait()


def test_a_worker_that_dies_costs_no_cell_and_doubles_none(cluster, tmp_path):
    address, workers = cluster
    store = tmp_path / "s.sqlite"
    line = ("proofs_check", "sweep", TINY, "--store", store, "--dask", address)
    sweep = subprocess.Popen(
        [sys.executable, "-m", *map(str, line)],
        cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    done = 0
    while done == 0:
        assert sweep.poll() is None, sweep.communicate()
        time.sleep(0.1)
        if store.exists():
            with closing(Store(store, "rw")) as reader:
                done = len(reader.rows()) if reader._identity() else 0
    assert done < len(CELLS)
    workers[0].send_signal(signal.SIGKILL)
    (tmp_path / "gate").touch()
    out, err = sweep.communicate(timeout=120)
    assert sweep.returncode == 0, err
    assert f"{len(CELLS)} of {len(CELLS)} cells" in out
    assert workers[1].poll() is None
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
        assert cli.main(["sweep", str(TINY), "--store", str(tmp_path / "s"), "--dask", address]) == 2
    assert capsys.readouterr().err.startswith(f"rvscgd sweep: --dask={address}, no scheduler answers there (")
