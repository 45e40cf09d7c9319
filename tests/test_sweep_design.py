"""The file of a sweep: which cells it means, and what is refused in it."""

import itertools
import math
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from numerics.network import ESTIMATORS
from numerics.penalties import PENALTIES
from proofs_check import cli, sweep_run
from proofs_check.sweep_axes import Range
from proofs_check.sweep_design import read_cells
from proofs_check.sweep_store import Store
from proofs_check.usage import UsageError

HERE = Path(__file__).parent


def cells(tmp_path, text, seed=0):
    path = tmp_path / "grid.toml"
    path.write_text(text, encoding="utf-8")
    return read_cells(path, seed)


def refusal(tmp_path, monkeypatch, text):
    (tmp_path / "grid.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError) as caught:
        read_cells("grid.toml", 0)
    return str(caught.value)


def test_a_grid_is_the_product_of_its_values_with_the_defaults_of_the_comparison(tmp_path):
    found = cells(tmp_path, "[grid]")
    assert len(found) == len(set(found)) == 3 * 5 * 3
    assert {cell.penalty for cell in found} == set(PENALTIES)
    assert {(c.dim, c.sparsity, c.ste, c.eta_fraction, c.teachers, c.starts) for c in found} == {
        (50, 5, "relu", 1.0, 8, 8)
    }
    assert all((cell.a is None) == (cell.penalty != "tl1") for cell in found)


def test_a_shape_multiplies_the_cells_of_transformed_l1_alone(tmp_path):
    found = cells(tmp_path, '[grid]\npenalty=["l1","tl1"]\na=[0.5,1,2]\nlambda=0.1\nbeta=1')
    assert [(c.penalty, c.a) for c in found] == [("l1", None), *(("tl1", a) for a in (0.5, 1.0, 2.0))]


def test_tables_add_up_and_a_cell_counts_once(tmp_path):
    one = '[[grid]]\npenalty="l1"\nbeta=1\nlambda='
    text = f"{one}[0.1,0.2]\n{one}[0.2,0.3]"
    assert [cell.lam_over_c for cell in cells(tmp_path, text)] == [0.1, 0.2, 0.3]


def test_density_follows_the_dimension_and_leaves_one_entry(tmp_path):
    text = '[grid]\npenalty="l1"\nlambda=0.1\nbeta=1\ndim=[10,20]\ndensity=[0.01,0.25,1]'
    assert [(c.dim, c.sparsity) for c in cells(tmp_path, text)] == [
        (10, 1), (10, 2), (10, 10), (20, 1), (20, 5), (20, 20)
    ]  # fmt: skip


def test_minibatch_cells_have_a_number_of_steps_and_patches_of_their_own(tmp_path):
    text = '[grid]\npenalty="l1"\nlambda=0.1\nbeta=1\nbatch=[0,32]\npatches=[1,4]\n'
    text += "iterations=7\nmax_iterations=9"
    found = [(c.batch, c.patches, c.iterations) for c in cells(tmp_path, text)]
    assert found == [(0, None, 9), (32, 1, 7), (32, 4, 7)]


def test_a_counted_range_has_both_ends_and_even_steps_on_its_scale(tmp_path):
    text = '[grid]\npenalty="l1"\nbeta=1\nlambda={from=1e-3,to=0.1,count=5,scale="log"}'
    found = [cell.lam_over_c for cell in cells(tmp_path, text)]
    assert (found[0], found[-1]) == (1e-3, 0.1)
    assert [b / a for a, b in itertools.pairwise(found)] == pytest.approx([10**0.5] * 4)
    text = '[grid]\npenalty="l1"\nbeta=1\nlambda=0.1\ndim={from=10,to=13,count=9}'
    assert [cell.dim for cell in cells(tmp_path, text)] == [10, 11, 12, 13]


@pytest.mark.parametrize("method", ["sobol", "halton"])
def test_a_design_fills_its_ranges_evenly_and_anew_with_each_seed(tmp_path, method):
    text = (
        f'[design]\nmethod="{method}"\npoints=64\npenalty=["l1","l0"]\ndim={{from=10,to=13}}\n'
        'lambda={from=1e-3,to=0.1,scale="log"}\nbeta={from=0.5,to=2.5}'
    )
    found = cells(tmp_path, text, 3)
    assert found == cells(tmp_path, text, 3) != cells(tmp_path, text, 4)
    assert len(found) == 64
    # Even up to a few points, and exactly so for 64 points of a Sobol sequence in halves and quarters.
    few = 0 if method == "sobol" else 4
    for half in (
        [cell.penalty == "l1" for cell in found],
        [cell.lam_over_c < 1e-2 for cell in found],
        [cell.beta_over_c < 1.5 for cell in found],
        [cell.dim in {10, 13} for cell in found],
    ):
        assert abs(sum(half) - 32) <= few
    assert all(1e-3 <= c.lam_over_c <= 0.1 and 10 <= c.dim <= 13 for c in found)


def test_the_command_sweeps_the_cells_of_its_design_and_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep_run, "carry_out", lambda *_: None)
    text = '[design]\npoints=4\npenalty="l1"\nlambda={from=1e-3,to=0.1,scale="log"}\nbeta=1'
    wanted = cells(tmp_path, text, 3)
    line = ["sweep", str(tmp_path / "grid.toml"), "--store", str(tmp_path / "s"), "--seed", "3"]
    assert cli.main(line) == 0
    with closing(Store(tmp_path / "s", "rw")) as store:
        assert store.claim(9) == [cell.key for cell in wanted]


def test_every_whole_number_of_a_range_is_reached_and_none_beyond():
    for log in (False, True):
        axis = Range(2, 5, log)
        seen = [axis.at(share / 1000) for share in range(1000)] + [axis.at(1 - 2**-53)]
        assert (set(seen), sorted(seen)) == ({2, 3, 4, 5}, seen)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ", a table [grid] or [design] is required"),
        ("grid = []", ", a table [grid] or [design] is required"),
        ("grid = 3", ": grid=3, a table [grid] is required"),
        ("[gird]", ": file.gird={}, no such key (known: grid, design, did you mean 'grid'?)"),
        ("[grid]\npenalty='l2'", ": grid.penalty='l2', one of 'l1', 'l0', 'tl1' is required"),
        ("[grid]\npenalty=['l1', 3]", ": grid.penalty[1]=3, one of 'l1', 'l0', 'tl1' is required"),
        ("[grid]\nlambda=-1", ": grid.lambda=-1, a finite number above 0 is required"),
        ("[grid]\nlambda=nan", ": grid.lambda=nan, a finite number above 0 is required"),
        ("[grid]\nlambda=true", ": grid.lambda=True, a finite number above 0 is required"),
        ("[grid]\nbeta=[1, 0]", ": grid.beta[1]=0, a finite number above 0 is required"),
        ("[grid]\nbeta=[]", ": grid.beta=[], a list of at least one value is required"),
        ("[grid]\neta=1.5", ": grid.eta=1.5, a number above 0 and at most 1 is required"),
        ("[grid]\neta=0", ": grid.eta=0, a number above 0 and at most 1 is required"),
        ("[grid]\ndim=1", ": grid.dim=1, an integer of at least 2 is required"),
        ("[grid]\ndim=10.0", ": grid.dim=10.0, an integer of at least 2 is required"),
        ("[grid]\ndensity=0.0", ": grid.density=0.0, a number above 0 and at most 1 is required"),
        ("[grid]\ndensity=0.1\nsparsity=2", ": grid.density=0.1, sparsity is given too, one is required"),
        (
            "[grid]\ndim=[4, 9]\nsparsity=[2, 5]",
            ": grid.sparsity=5, at most the least dim=4 is required (or density, s/d)",
        ),
        ("[grid]\nstart='north'", ": grid.start='north', one of 'uniform' is required"),
        ("[grid]\nstart=3.2", ": grid.start=3.2, a number from 0 to pi is required"),
        ("[grid]\nteacher='dense'", ": grid.teacher='dense', one of 'random', 'equal' is required"),
        ("[grid]\nbatch=-1", ": grid.batch=-1, an integer of at least 0 is required"),
        ("[grid]\nteachers=0", ": grid.teachers=0, an integer of at least 1 is required"),
        ("[grid]\npenalty='l1'\na=1", ": grid.a=1, only the penalty 'tl1' has a shape"),
        (
            "[grid]\niterations=5",
            ": grid.iterations=5, only mini-batches, batch > 0, make a fixed number of steps",
        ),
        ("[grid]\npatches=5", ": grid.patches=5, only mini-batches, batch > 0, sample the network"),
        (
            "[grid]\nbatch=4\nmax_iterations=5",
            ": grid.max_iterations=5, mini-batches make a fixed number of steps, iterations",
        ),
        ("[[grid]]\n[[grid]]\ndim=1", ": grid[1].dim=1, an integer of at least 2 is required"),
        ("[grid]\nlambda={from=1,to=2}", ": grid.lambda={'from': 1, 'to': 2}, a range needs the key 'count'"),
        (
            "[grid]\nlambda={from=2,to=1,count=3}",
            ": grid.lambda.to=1.0, a number above grid.lambda.from=2.0 is required",
        ),
        (
            "[grid]\nlambda={from=1,to=2,count=1}",
            ": grid.lambda.count=1, an integer of at least 2 is required",
        ),
        ("[grid]\nlambda={from=0,to=2,count=3}", ": grid.lambda.from=0, a finite number above 0 is required"),
        (
            "[grid]\nlambda={from=1,to=2,count=3,scale='ln'}",
            ": grid.lambda.scale='ln', one of 'linear', 'log' is required",
        ),
        (
            "[grid]\nstart={from=0,to=2,count=3,scale='log'}",
            ": grid.start.from=0.0, a number above 0 is required on the scale 'log'",
        ),
        (
            "[grid]\nstart={from='uniform',to=2,count=3}",
            ": grid.start.from='uniform', a number is required as the end of a range",
        ),
        (
            "[grid]\npenalty={from=1,to=2}",
            ": grid.penalty={'from': 1, 'to': 2}, a name or a list of names is required",
        ),
        (
            "[grid]\nlambda={from=1,till=2}",
            ": grid.lambda.till=2, no such key (known: from, to, scale, count)",
        ),
        (
            "[grid]\ndim={from=2,to=90000,count=50000}\nsparsity=1",
            ": grid has 2250000 cells, at most 100000 are allowed",
        ),
        ("[design]", ": design.points, the number of cells is required"),
        ("[design]\npoints=100", ": design.points=100, a power of 2 is required for 'sobol', or 'halton'"),
        ("[design]\npoints=4\nmethod='lhs'", ": design.method='lhs', one of 'sobol', 'halton' is required"),
        ("[design]\npoints=1048576", ": design.points=1048576, at most 100000 are allowed"),
        (
            "[design]\npoints=4\npenalty='l1'\nlambda=1\nbeta=1",
            ": design, a key with a range or several values is required",
        ),
        (
            "[design]\npoints=4\nlambda={from=1,to=2,count=3}",
            ": design.lambda.count=3, no such key (known: from, to, scale)",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(tmp_path, monkeypatch, text, sentence):
    assert refusal(tmp_path, monkeypatch, text) == f"grid.toml{sentence}"


def test_a_key_of_a_design_is_unknown_to_a_grid(tmp_path, monkeypatch):
    told = refusal(tmp_path, monkeypatch, "[grid]\npoints=4")
    assert told.startswith("grid.toml: grid.points=4, no such key (known: penalty, estimator, dim, ")


def test_a_file_that_is_missing_or_no_toml_is_refused(tmp_path, monkeypatch):
    assert refusal(tmp_path, monkeypatch, "[grid").startswith("grid.toml, a TOML file is required (")
    (tmp_path / "bytes.toml").write_bytes(b"\xff")
    for name, rule in (("bytes.toml", "a TOML file"), ("none.toml", "a file that can"), (".", "a file")):
        with pytest.raises(UsageError, match=rf"^{name}, {rule}"):
            read_cells(name, 0)


def test_shipped_example_and_the_one_of_the_help_can_be_read(tmp_path):
    shipped = read_cells(HERE.parent / "examples" / "sweep.toml", 0)
    assert len(shipped) > 1000
    assert {cell.ste for cell in shipped} == set(ESTIMATORS)
    assert any(cell.batch for cell in shipped)
    assert any(cell.start_angle is not None for cell in shipped)
    script = "import sys; from proofs_check.commands import sweep; print(sweep._EPILOG)"
    text = subprocess.run(
        [sys.executable, "-c", script], cwd=HERE.parent, capture_output=True, text=True, check=True
    ).stdout
    toml = text.partition("GRID.toml:\n")[2].partition("\n  A value is")[0]
    assert len(cells(tmp_path, toml.replace("batch = 0 ", "batch = [0, 8]"))) > 200
    assert math.isclose(max(c.lam_over_c for c in cells(tmp_path, toml.replace("patches", "# "))), 0.1)
