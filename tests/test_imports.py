"""The direction of imports: tests -> proofs_check -> numerics -> theory, read from the source."""

import ast
import subprocess
import sys
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
    },
}  # fmt: skip
# What the closed forms are compared with must not know them.
WITNESSES = (
    "gaussian", "network", "monte_carlo", "simulator", "kernel", "kernel_passes", "validation",
    "sampling", "streams", "moments", "frame",
    "network_sampling", "reduced_sampling", "conditional_sampling", "sobol_sampling",
)  # fmt: skip


def imports(source):
    """Full names that a source imports anywhere, in functions too; relative imports are refused."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_path(name):
    """File of the longest part of a dotted name that is a module of this project, or None."""
    parts = name.split(".")
    for length in range(len(parts), 1, -1):
        path = ROOT.joinpath(*parts[:length]).with_suffix(".py")
        if path.exists():
            return path
    return None


def reached(path, graph=None):
    """Names imported by a module and, transitively, by the modules that it names."""
    graph = {} if graph is None else graph
    if path in graph:
        return graph[path]
    graph[path] = names = imports(path.read_text(encoding="utf-8"))
    for other in {module_path(name) for name in names} - {None}:
        names = names | reached(other, graph)
    return names


def forbidden(folder, source):
    tops = {name.partition(".")[0] for name in imports(source)}
    return tops - ALLOWED[folder] - set(sys.stdlib_module_names)


@pytest.mark.parametrize("folder", ALLOWED)
def test_folder_imports_only_what_lies_below_it(folder):
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    wrong = {path.name: forbidden(folder, path.read_text(encoding="utf-8")) for path in files}
    assert {name: found for name, found in wrong.items() if found} == {}


@pytest.mark.parametrize("module", WITNESSES)
def test_measurement_knows_no_formula(module):
    names = reached(ROOT / "numerics" / f"{module}.py")
    assert names
    assert not {name for name in names if name.startswith(("theory", "sympy"))}


def test_door_of_the_formulas_is_seen_to_know_them():
    assert any(name.startswith("theory") for name in reached(ROOT / "numerics" / "splitting.py"))
    # Through another module alone, too.
    assert any(
        name.startswith("theory") for name in imports((ROOT / "numerics" / "closed_forms.py").read_text())
    )


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
