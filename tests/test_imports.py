"""The direction of imports: tests -> proofs_check -> numerics -> theory, read from the source."""

import ast
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# What each folder may import besides the standard library.
ALLOWED = {
    "theory": {"theory", "sympy"},
    "numerics": {"numerics", "theory", "numpy", "scipy", "sympy", "numba"},
    "proofs_check": {
        "proofs_check", "numerics", "theory",
        "numpy", "scipy", "sympy", "mpmath", "hypothesis", "matplotlib", "rich", "z3", "flint",
        "distributed", "pyarrow",  # the extras, imported where they are used
    },
}  # fmt: skip
# What the closed forms are compared with must not know them.
WITNESSES = (
    "gaussian", "network", "monte_carlo", "simulator", "kernel", "kernel_passes", "validation",
    "sampling", "streams", "moments", "orbits", "frame",
    "network_sampling", "reduced_sampling", "conditional_sampling", "sobol_sampling",
)  # fmt: skip


# What imports by names that cannot be read from a source.
BUILTINS = {"__import__", "exec", "eval"}
FUNCTIONS = {"import_module", "spec_from_file_location", "run_path", "run_module"}


@cache  # the same files are read again and again, and taking them apart is most of the work
def taken_apart(source):
    """Full names that a source imports anywhere, in functions too, and names by which it hides some.

    Relative imports are refused.
    """
    names, hidden = set(), set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import():
                names |= {alias.name for alias in node.names}
            case ast.ImportFrom():
                assert node.level == 0, "relative import"
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
                hidden |= {alias.name for alias in node.names} & FUNCTIONS
            case ast.Name():
                hidden |= {node.id} & BUILTINS
            case ast.Attribute():
                hidden |= {node.attr} & FUNCTIONS
    return frozenset(names), frozenset(hidden)


def imports(source):
    return taken_apart(source)[0]


def dynamic(source):
    return taken_apart(source)[1]


@cache
def module_path(name, root=ROOT):
    """File of the longest part of a dotted name that is a module or package of this project, or None.

    A name that is no module comes from the package itself, whose ``__init__`` then says where from.
    """
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        at = root.joinpath(*parts[:length])
        for path in (at.with_suffix(".py"), at / "__init__.py"):
            if path.exists():
                return path
    return None


def reached(path, root=ROOT):
    """Names imported by a module and, transitively, by the modules that it names; and all their files."""
    names, seen, todo = set(), set(), [path]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        found = imports(here.read_text(encoding="utf-8"))
        names |= found
        todo += {module_path(name, root) for name in found} - {None}
    return names, seen


def knows_theory(path, root=ROOT):
    """Names of formulas that a module reaches, and the dynamic imports on the way, which could hide some."""
    names, files = reached(path, root)
    hidden = set().union(*(dynamic(one.read_text(encoding="utf-8")) for one in files))
    return {name for name in names if name.partition(".")[0] in ("theory", "sympy")} | hidden


def forbidden(folder, source):
    tops = {name.partition(".")[0] for name in imports(source)}
    return tops - ALLOWED[folder] - set(sys.stdlib_module_names)


@pytest.mark.parametrize("folder", ALLOWED)
def test_folder_imports_only_what_lies_below_it(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    wrong = {path.name: forbidden(folder, path.read_text(encoding="utf-8")) for path in files}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("folder", ALLOWED)
def test_no_folder_imports_what_cannot_be_read_from_its_source(folder):
    found = {path.name: dynamic(path.read_text(encoding="utf-8")) for path in (ROOT / folder).rglob("*.py")}
    assert {name: used for name, used in found.items() if used} == {}


@pytest.mark.parametrize("module", WITNESSES)
def test_measurement_knows_no_formula(module):
    path = ROOT / "numerics" / f"{module}.py"
    assert reached(path)[0]
    assert not knows_theory(path)


@pytest.mark.parametrize("module", ["monte_carlo", "scores"])
def test_judgement_of_a_sample_knows_no_formula(module):
    # Claims are SymPy expressions, whose names the records mention; they come without a formula.
    names, files = reached(ROOT / "proofs_check" / "evidence" / f"{module}.py")
    assert ROOT / "numerics" / "monte_carlo.py" in files
    assert not {name for name in names if name.startswith("theory")}


def test_monte_carlo_code_and_theory_code_share_no_line():
    measured = set().union(*(reached(ROOT / "numerics" / f"{one}.py")[1] for one in WITNESSES))
    derived = set().union(*(reached(path)[1] for path in (ROOT / "theory").rglob("*.py")))
    assert measured
    assert derived
    assert not measured & derived


def test_door_of_the_formulas_is_seen_to_know_them():
    assert knows_theory(ROOT / "numerics" / "closed_forms.py")
    # Through another module alone, too.
    assert knows_theory(ROOT / "numerics" / "splitting.py")


PLANTED = {
    "in the head": "from theory.loss import population_loss\n",
    "in a function": "def f():\n    from theory import loss\n    return loss\n",
    "in a method, under another name": "class A:\n    def f(self):\n        import theory.loss as network\n",
    "through a module": "from numerics import splitting\n",
    "through a module, in a function": "def f():\n    from numerics.closed_forms import evaluate\n",
    "through the package": "from numerics import error_bound\n",
    "through the package's name": "import numerics\n",
    "for types alone": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sympy import Expr\n",
    "by a string": "import importlib\nf = importlib.import_module('the' + 'ory')\n",
    "by a builtin": "f = __import__('theory')\n",
}


@pytest.mark.parametrize("where", PLANTED)
def test_planted_formula_is_seen_however_it_is_imported(where, tmp_path):
    for folder in ("theory", "numerics"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    # In a module that the sampler reaches also through another one.
    sampler, spoiled = (tmp_path / "numerics" / f"{name}.py" for name in ("monte_carlo", "network"))
    assert not knows_theory(sampler, tmp_path)
    text = spoiled.read_text(encoding="utf-8")
    spoiled.write_text(f"{text}\n{PLANTED[where]}", encoding="utf-8")
    assert knows_theory(sampler, tmp_path)


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("theory", "import numpy"),
        ("theory", "def f():\n    from numerics.gaussian import angle"),
        ("numerics", "from proofs_check import judge"),
        ("proofs_check", "import tests.conftest"),
    ],
)
def test_import_against_the_direction_is_seen(folder, source):
    assert forbidden(folder, source)


def test_measurements_run_without_loading_the_theory():
    script = "import sys, numerics.network, numerics.monte_carlo, numerics.simulator; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "numerics.network" in loaded.stdout.split()
    assert not {"theory", "sympy"} & set(loaded.stdout.split())
