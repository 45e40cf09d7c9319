"""The command `sweep`, run as a user runs it: killed, interrupted, shared, exported."""

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import astuple
from pathlib import Path

import pytest

from numerics.sweep import measure
from numerics.sweep_records import Row
from proofs_check import cli, executors
from proofs_check.executors import on_processes
from proofs_check.sweep_design import read_cells
from proofs_check.sweep_store import COLUMNS, Store
from tests import quick_cells
from tests.processes import running

ROOT = Path(__file__).resolve().parents[1]
# Cells that are run, and more of them that are not, for tests of what becomes of rows.
TINY, QUICK = (Path(__file__).parent / f"sweep_{name}.toml" for name in ("tiny", "quick"))
CELLS, MANY = (len(read_cells(grid, 0)) for grid in (TINY, QUICK))
STUCK = read_cells(QUICK, 0)[10].key
REAL = ("-m", "proofs_check")
UNMEASURED = (str(Path(quick_cells.__file__)),)


def command(*arguments, cwd, program=REAL, stuck=""):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    environment["STUCK"] = stuck
    return subprocess.Popen(
        [sys.executable, *program, *map(str, arguments)],
        cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        start_new_session=True,
    )  # fmt: skip


def finished(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def rows_in(path):
    with closing(Store(path, "rw")) as store:
        return store.rows()


def quick_rows():
    return [quick_cells.measure(spec, 0) for spec in read_cells(QUICK, 0)]


def wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_begun(path):
    """Whether some but not all of the cells are done."""
    if not path.exists():
        return False
    with closing(Store(path, "rw")) as store:
        try:
            return store.counts()["done"] > 0
        except ValueError:  # the tables are not there yet
            return False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Folder with the store of one undisturbed sweep by one worker."""
    folder = tmp_path_factory.mktemp("whole")
    code, out, err = finished(command("sweep", TINY, "--store", "s.sqlite", "--workers", 1, cwd=folder))
    assert code == 0, err
    assert f"{CELLS} of {CELLS} cells in s.sqlite, {CELLS} of them new" in out
    assert "0 violations and " in out
    return folder


def test_a_sweep_that_is_killed_goes_on_and_ends_with_the_same_rows(tmp_path, capsys):
    store = tmp_path / "s.sqlite"
    line = ("sweep", QUICK, "--store", store, "--workers", 2)
    first = command(*line, cwd=tmp_path, program=UNMEASURED, stuck=STUCK)
    wait_for(lambda: is_begun(store))
    assert len(running(first.pid)) > 2
    first.send_signal(signal.SIGKILL)
    first.communicate(timeout=60)  # workers that outlive it would hold its output open
    kept = rows_in(store)
    assert 0 < len(kept) < MANY
    assert cli.main(list(map(str, line))) == 2
    assert capsys.readouterr().err == (
        f"rvscgd sweep: --store={store} holds {len(rows_in(store))} of {MANY} cells of this sweep; give "
        "--resume to go on with it, or another file\n"
    )
    code, out, _ = finished(command(*line, "--resume", cwd=tmp_path, program=UNMEASURED))
    assert code == 0
    assert f"{MANY - len(kept)} of them new" in out
    assert rows_in(store) == quick_rows()
    # The workers have ended with the process that nobody could ask to end them.
    wait_for(lambda: not running(first.pid))


def test_two_processes_share_one_store(tmp_path):
    line = ("sweep", QUICK, "--store", "s.sqlite", "--workers", 1, "--resume")
    both = [command(*line, cwd=tmp_path, program=UNMEASURED) for _ in range(2)]
    ends = [finished(process) for process in both]
    assert [code for code, _, _ in ends] == [0, 0], ends
    assert rows_in(tmp_path / "s.sqlite") == quick_rows()


def test_an_interrupt_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    line = ("sweep", QUICK, "--store", "s.sqlite", "--workers", 1)
    process = command(*line, cwd=tmp_path, program=UNMEASURED, stuck=STUCK)
    wait_for(lambda: is_begun(tmp_path / "s.sqlite"))
    process.send_signal(signal.SIGINT)
    code, out, err = finished(process)
    kept = len(rows_in(tmp_path / "s.sqlite"))
    assert kept < MANY
    assert (code, out) == (130, "")
    assert err.splitlines()[-2:] == [  # a slow machine tells of its progress before
        f"{kept} of {MANY} cells are in s.sqlite; go on with: rvscgd sweep {QUICK} --store s.sqlite --seed 0 "
        "--resume",
        "rvscgd sweep: interrupted",
    ]
    with closing(Store(tmp_path / "s.sqlite", "rw")) as store:
        assert len(store.claim(MANY)) == MANY - kept  # none is held by the dead


def test_a_worker_that_is_killed_costs_no_cell(monkeypatch):
    monkeypatch.setattr(executors, "measure_or_tell", quick_cells.measure)
    cells = read_cells(QUICK, 0)[:6]
    todo, killed = list(cells), []

    def take(most):
        given, todo[:] = todo[:most], todo[most:]
        return given

    rows = {}
    for spec, row in on_processes(take, 0, 1):
        rows[spec.key] = row
        if not killed:
            killed = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            for pid in killed:
                if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
    assert killed
    assert rows == {spec.key: quick_cells.measure(spec, 0) for spec in cells}


def test_rows_of_a_worker_are_those_of_any_process_and_order(whole):
    rows = rows_in(whole / "s.sqlite")
    cells = read_cells(TINY, 0)
    assert [row.key for row in rows] == [spec.key for spec in cells]
    assert rows[::-5] == [measure(spec, 0) for spec in cells[::-5]]


@pytest.fixture
def told(whole, monkeypatch, capsys):
    """A command in this process, in the folder of the whole sweep, that ends well and warns of nothing."""
    monkeypatch.chdir(whole)

    def run(*arguments):
        code = cli.main(list(arguments))
        out, err = capsys.readouterr()
        assert (code, err) == (0, "")
        return out

    return run


def test_rows_travel_to_csv_and_parquet_and_back(whole, told):
    from pyarrow import parquet

    rows = rows_in(whole / "s.sqlite")
    for name in ("out.csv", "out.parquet"):
        out = told("sweep", "--store", "s.sqlite", "--export", name)
        assert out == f"{CELLS} of {CELLS} cells written to {name}\n"
    with (whole / "out.csv").open(newline="") as stream:
        records = list(csv.DictReader(stream))
    read = [Row(*(None if r[n] == "" else kind(r[n]) for n, kind in COLUMNS.items())) for r in records]
    assert read == rows
    assert [record["key"] for record in records] == [row.key for row in rows]
    columns = parquet.read_table(whole / "out.parquet").to_pydict()
    assert list(columns) == ["key", *COLUMNS]
    assert list(zip(*columns.values(), strict=True)) == [(row.key, *astuple(row)) for row in rows]


def test_tables_of_a_store_show_every_penalty_and_the_command_that_repeats(told):
    out = told("compare", "--store", "s.sqlite")
    assert max(len(line.rstrip()) for line in out.splitlines() if "rvscgd" not in line) <= 80
    assert f"0 violations in {6 * CELLS} runs ({CELLS} cells); {CELLS} of {CELLS} cells are measured" in out
    assert f"Repeat: rvscgd sweep {TINY} --store NEW.sqlite --seed 0" in out
    lines = {line.strip() for line in out.splitlines()}
    assert {"l1", "l0", "l1, mini-batches"} <= lines
    assert "mini-batches" not in told("compare", "--store", "s.sqlite", "--penalty", "l0")


def test_a_violated_bound_fails_the_sweep_and_the_tables(whole, tmp_path, capsys, monkeypatch):
    from dataclasses import replace

    monkeypatch.chdir(tmp_path)
    with closing(Store(tmp_path / "s.sqlite")) as store:
        store.prepare(read_cells(TINY, 0), 0, str(TINY), resume=False)
        for number, row in enumerate(rows_in(whole / "s.sqlite")):
            store.finish(replace(row, violations=3) if number == 2 else row)
    assert cli.main(["sweep", str(TINY), "--store", "s.sqlite", "--resume"]) == 1
    assert "3 violations" in capsys.readouterr().out
    assert cli.main(["compare", "--store", "s.sqlite"]) == 1
    assert "3 violations in" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--store", "s"), "GRID.toml, the file of the cells, is required (or --export)"),
        (
            ("--store", "s", "--export", "x.csv"),
            "--store=s, a store that exists is required to export from it",
        ),
        (
            ("--store", "t", "--export", "x.txt"),
            "--export=x.txt, a name that ends in .csv or .parquet is required",
        ),
        (
            ("--store", "t", "--export", "x.csv", "--resume"),
            "--resume, the GRID.toml of the sweep is required",
        ),
        (("g.toml", "--store", "s", "--seed", "-1"), "--seed=-1, an integer from 0 to 2**63 - 1 is required"),
        (("g.toml", "--store", "s", "--workers", "0"), "--workers=0, an integer of at least 1 is required"),
        (
            ("g.toml", "--store", "s", "--workers", "1", "--dask", "tcp://x"),
            "--workers=1, with --dask the cluster has its own workers",
        ),
        (("g.toml", "--store", "."), "--store=., a file is required, this is a folder"),
        (("g.toml", "--store", "no/s"), "--store=no/s, the folder of the file must exist"),
        (("g.toml", "--store", "s"), "g.toml: grid.dim=1, an integer of at least 2 is required"),
        (
            ("none.toml", "--store", "s"),
            "none.toml, a file that can be read is required (No such file or directory)",
        ),
    ],
)
def test_a_bad_argument_ends_with_one_sentence_and_no_file(
    tmp_path, monkeypatch, capsys, arguments, sentence
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "g.toml").write_text("[grid]\ndim=1")
    (tmp_path / "t").touch()
    assert cli.main(["sweep", *arguments]) == 2
    assert capsys.readouterr() == ("", f"rvscgd sweep: {sentence}\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["g.toml", "t"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--dim", "9"), "--dim=9, with --store nothing is simulated; only --penalty chooses rows"),
        (("--csv", "x"), "--csv=x, with --store use `rvscgd sweep --store FILE --export PATH`"),
        ((), "--store=s, a store of `rvscgd sweep` that exists is required"),
    ],
)
def test_a_store_goes_with_no_option_of_a_simulation(tmp_path, monkeypatch, capsys, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", "--store", "s", *arguments]) == 2
    assert capsys.readouterr() == ("", f"rvscgd compare: {sentence}\n")


@pytest.mark.parametrize(
    ("package", "arguments", "sentence"),
    [
        (
            "pyarrow",
            ("--export", "x.parquet"),
            "--export=x.parquet, pyarrow is required: pip install 'rvscgd[parquet]'",
        ),
        (
            "distributed",
            ("--dask", "tcp://x:1"),
            "--dask=tcp://x:1, Dask is required: pip install 'rvscgd[dask]'",
        ),
    ],
)
def test_a_missing_extra_is_named(tmp_path, monkeypatch, capsys, package, arguments, sentence):
    monkeypatch.setitem(sys.modules, package, None)
    assert cli.main(["sweep", str(QUICK), "--store", str(tmp_path / "s"), *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"rvscgd sweep: {sentence} (")


def test_a_file_system_that_is_full_is_a_sentence(tmp_path):
    # The limit on the size of files is the nearest thing to a full disk that needs no rights.
    script = (
        "import resource, sys; from proofs_check.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n"
        "sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "sweep", str(QUICK), "--store", "s", "--workers", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("rvscgd sweep: --store=")
    assert "the store cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
