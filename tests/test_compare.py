"""The command `compare`, run as a user runs it."""

import csv
import json
import math
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from numerics import bounds, network, penalties
from numerics.sweep_records import CellSpec
from proofs_check import cli
from proofs_check.commands import compare

ROOT = Path(__file__).resolve().parents[1]
SMALL = ("--dim", "12", "--sparsity", "3", "--runs", "8")


# Few teachers and weights show as much as many; what other processes measure is the same, and costs imports.
FEW = """
import math, sys
from proofs_check import cli
from proofs_check.commands import compare
from proofs_check.figures import catalogue, gallery
compare.TEACHERS, gallery.WORTH_PROCESSES, catalogue.WEIGHTS = 2, math.inf, (0.001, 0.02, 0.2)
sys.exit(cli.main(sys.argv[1:]))
"""


def command(*arguments, cwd):
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error", "PYTHONUTF8": "1"}
    line = [sys.executable, "-c", FEW, "compare", *map(str, arguments)]
    return subprocess.run(line, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """The command in this process, in a folder of its own: its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        code = cli.main(["compare", *map(str, arguments)])
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def few(monkeypatch):
    # Not imported before it is needed: Matplotlib takes longer than most tests.
    from proofs_check.figures import catalogue, gallery

    monkeypatch.setattr(gallery, "WORTH_PROCESSES", math.inf)
    monkeypatch.setattr(compare, "TEACHERS", 2)
    monkeypatch.setattr(catalogue, "WEIGHTS", (0.001, 0.02, 0.2))
    # In the plane runs are trapped, beyond five dimensions none is.
    monkeypatch.setattr(catalogue, "DIMS", (2, 10))
    monkeypatch.setattr(catalogue, "BOUNDS", (0.1, 0.9))
    monkeypatch.setattr(catalogue, "BATCHES", (1, 16))


@pytest.mark.parametrize("ste", compare.ESTIMATORS)
def test_no_penalty_and_no_estimator_violates_a_bound(run, tmp_path, ste):
    code, out, err = run(*SMALL, "--ste", ste, "--json", "out.json", "--csv", "out.csv")
    assert (code, err) == (0, "")
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 80  # that of a common terminal
    assert "0 violations in 360 runs (45 cells); 0 not converged" in out
    document = json.loads((tmp_path / "out.json").read_text())
    assert document["seed"] == 0
    assert document["parameters"]["ste"] == ste
    assert [row["penalty"] for row in document["rows"]] == [p for p in compare.PENALTIES for _ in range(15)]
    assert document["summary"]["violations"] == 0
    with (tmp_path / "out.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for row, record in zip(rows, document["rows"], strict=True):
        assert row == {key: "" if value is None else str(value) for key, value in record.items()}


def test_one_seed_gives_one_document_and_one_figure_to_the_byte(run, few, tmp_path):
    def line(name):
        return (
            *SMALL, "--penalty", "l0", "l0", "--figures", name, "--only", "penalties", "angles",
            "--json", f"{name}.json",
        )  # fmt: skip

    # Two processes, as the order of a set changes from one to the next.
    code, _, err = run(*line("one"))
    assert (code, err) == (0, "")
    done = command(*line("two"), cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    drawn = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert drawn == ["angles-l0.png", "angles-l0.svg", "penalties.png", "penalties.svg"]
    assert (
        "two/penalties.svg, .png: rvscgd compare --only penalties --figures two --penalty l0 l0 --dim 12 "
        "--sparsity 3 --runs 8" in done.stdout
    )
    for name in drawn:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert len(json.loads((tmp_path / "one.json").read_text())["rows"]) == 15


def test_another_seed_gives_other_errors(tmp_path):
    rows = []
    for seed in ("3", "4"):
        path = tmp_path / seed
        cli.main(["compare", *SMALL, "--penalty", "l1", "--seed", seed, "--json", str(path)])
        rows.append(json.loads(path.read_text())["rows"])
    assert all(one["max_sine"] != two["max_sine"] for one, two in zip(*rows, strict=True))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--dim", "1"), "--dim=1, an integer of at least 2 is required"),
        (("--sparsity", "0"), "--sparsity=0, an integer from 1 to --dim=50 is required"),
        (("--dim", "4", "--sparsity", "5"), "--sparsity=5, an integer from 1 to --dim=4 is required"),
        (("--runs", "0"), "--runs=0, an integer of at least 1 is required"),
        (("--seed", "-1"), "--seed=-1, an integer of at least 0 is required"),
        (("--shape-a", "0"), "--shape-a=0.0, a finite number above 0 is required"),
        (("--shape-a", "-1"), "--shape-a=-1.0, a finite number above 0 is required"),
        (("--shape-a", "nan"), "--shape-a=nan, a finite number above 0 is required"),
        (("--penalty", "l1", "--shape-a", "1"), "--shape-a=1.0, only --penalty tl1 has a shape"),
        (("--json", "."), "--json=., a file is required, this is a folder"),
        (("--csv", "no/x"), "--csv=no/x, the folder of the file must exist"),
        (("--json", "x", "--csv", "./x"), "--csv=./x, another file than that of --json is required"),
        (("--only", "support"), "--only=support, --figures DIR is required to draw them"),
        (
            ("--store", "x", "--figures", "f", "--only", "angles"),
            "--only=angles, a store keeps no iterates; leave out --store",
        ),
        (("--figures", "taken"), "--figures=taken, a folder is required, this is a file"),
        (("--figures", "new", "--json", "no/x"), "--json=no/x, the folder of the file must exist"),
    ],
)
def test_a_bad_argument_ends_with_one_sentence_and_no_file(run, tmp_path, arguments, sentence):
    (tmp_path / "taken").touch()
    assert run(*arguments) == (2, "", f"rvscgd compare: {sentence}\n")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


@pytest.mark.parametrize(
    "arguments", [("--penalty", "l2"), ("--ste", "tanh"), ("--dim", "2.5"), ("--penal", "l1")]
)
def test_an_argument_that_cannot_be_read_ends_with_the_usage(run, capsys, arguments):
    with pytest.raises(SystemExit) as leaving:
        run(*arguments)
    assert leaving.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_a_bound_planted_too_small_is_counted_and_fails_the_command(tmp_path, monkeypatch, capsys):
    formula = bounds.error_bound
    monkeypatch.setattr(bounds, "error_bound", lambda *given: 0.01 * formula(*given))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["compare", *SMALL, "--penalty", "l1", "--json", "out.json"]) == 1
    assert "120 violations in 120 runs" in capsys.readouterr().out
    assert json.loads(Path("out.json").read_text())["summary"]["violations"] == 120


def test_a_disk_that_fills_up_is_a_sentence(tmp_path, monkeypatch, capsys):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert cli.main(["compare", *SMALL, "--penalty", "l1", "--json", str(tmp_path / "x")]) == 2
    assert "No space left" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_figures_of_exact_recovery_and_of_trapped_runs_can_be_drawn(run, few, tmp_path):
    # In the plane with a teacher on an axis the error is 0, which has no logarithm.
    plane = ("--dim", 2, "--sparsity", 1, "--runs", 8, "--penalty", "l1")
    code, out, err = run(*plane, "--figures", "f")
    assert (code, err) == (0, "")
    names = [*(f"{name}-l1" for name in compare.PICTURES if name != "penalties"), "penalties"]
    assert {path.name for path in (tmp_path / "f").iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("svg", "png")
    }
    # The command that is told for one of them draws the same, which the cells of the others must not change.
    (told,) = (line for line in out.splitlines() if line.startswith("f/penalties.svg"))
    assert told.endswith("--only penalties --figures f --penalty l1 --dim 2 --sparsity 1 --runs 8")
    assert run(*plane, "--figures", "alone", "--only", "penalties")[0] == 0
    alone, among_all = ((tmp_path / folder / "penalties.svg").read_bytes() for folder in ("alone", "f"))
    assert alone == among_all


def test_names_spelled_out_for_the_parser_are_those_of_the_numerics():
    from proofs_check.figures import catalogue

    assert set(compare.PENALTIES) == set(penalties.PENALTIES)
    assert set(compare.ESTIMATORS) == set(network.ESTIMATORS)
    assert set(compare.PICTURES) == {*catalogue.PICTURES, "angles"}


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")]
)
def test_signal_keeps_what_is_finished_and_says_what_was_not_run(
    number, code, word, tmp_path, monkeypatch, capsys
):
    before = signal.getsignal(signal.SIGTERM)
    whole = bounds.compare

    def stopped(drawn, chosen):
        yield from list(whole(drawn, chosen[:2]))
        signal.raise_signal(number)

    monkeypatch.setattr(bounds, "compare", stopped)
    path = tmp_path / "out.json"
    assert cli.main(["compare", *SMALL, "--penalty", "l1", "--json", str(path)]) == code
    document = json.loads(path.read_text())
    assert (len(document["rows"]), len(document["not_run"])) == (2, 13)
    assert capsys.readouterr().err == f"rvscgd compare: {word}\n"
    assert signal.getsignal(signal.SIGTERM) is before


def test_largest_set_of_rows_that_agree_in_the_other_parameters_is_drawn():
    from proofs_check.figures import catalogue

    base = CellSpec("l1", "relu", 10, 3, 0.01, 1.0, 1.0, None, "random", None, 1, 1, 10, 0, None)
    cells = [replace(base, lam_over_c=x, beta_over_c=y) for x, y in ((0.1, 1), (0.2, 1), (0.1, 2))]
    assert catalogue.alike(cells, ("lam_over_c", "sparsity")) == cells[:2]


def test_help_imports_nothing_heavy(tmp_path):
    code = (
        "import sys; from proofs_check import cli\n"
        "try: cli.main(['compare', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'numpy', 'sympy', 'rich', 'matplotlib'} & set(sys.modules)))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False).returncode
        == 0
    )
