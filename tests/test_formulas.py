"""The command ``rvscgd formulas``, run as a user runs it, and the printers behind it."""

import ast
import contextlib
import io
import json
import re
from functools import cache

import numpy as np
import pytest
from sympy import Rational, Symbol, lambdify, sqrt

from numerics.closed_forms import evaluate
from proofs_check import rendering
from proofs_check.cli import main
from proofs_check.commands import formulas
from theory import catalogue
from theory import symbols as sym

LOSS = ["population-loss", "teacher-loss", "output-gradient", "filter-gradient", "filter-gradient-norm"]
VECTORS = {sym.w_hat, sym.w_star, sym.v, sym.v_star, sym.ones}


@pytest.fixture(scope="module")
def derived():
    return {f.name: f for section in catalogue.SECTIONS for f in catalogue.derivations(section)}


@cache
def output(*arguments):
    """What the command prints, run in this process so that one derivation serves every test."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["formulas", *arguments]) == 0
    return printed.getvalue()


@pytest.fixture(scope="module")
def records():
    return {record["name"]: record for record in json.loads(output("--format", "json"))}


@pytest.fixture(scope="module")
def functions():
    space = {}
    exec(compile(output("--format", "python"), "formulas.py", "exec"), space)  # noqa: S102 - our own output
    return space


def values(expression, seed):
    """Positive scalars, the angle in (0, π), three entries for the vectors; ‖w*‖₁² ≤ s, d ≥ 1."""
    rng = np.random.default_rng(seed)
    drawn = {
        symbol: rng.uniform(0.1, 3.0, size=3 if symbol in VECTORS else ())
        for symbol in rendering.symbols_of(expression)
    }
    # Numbers of entries, at least one.
    return drawn | {count: np.asarray(9.0) for count in (sym.s, sym.d) if count in drawn}


def test_sections_are_those_of_the_catalogue():
    assert formulas.SECTIONS == catalogue.SECTIONS


def test_all_formulas_are_printed_by_default_each_once(records, derived):
    assert list(records) == list(derived)
    text = output()
    assert [line.split()[1] for line in text.splitlines() if re.match(r"[A-Z]\d+  ", line)] == list(derived)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["G2"], ["wedge-probability"]),
        (["g2", "wedge-probability"], ["wedge-probability"]),
        (["P1"], ["threshold-l1", "proximal-map-l1"]),
        (["largest-step", "L2"], ["teacher-loss", "largest-step"]),
        (["loss"], LOSS),
        (["loss", "G1"], ["half-space-probability", *LOSS]),
    ],
)
def test_section_label_and_name_choose_in_the_order_of_the_theory(arguments, expected):
    assert [formula.name for _, formula in formulas.select(arguments)] == expected


@pytest.mark.parametrize(
    ("name", "near"),
    [("wedge-probabilty", "wedge-probability"), ("wedge", "wedge-mean"), ("G9", "G"), ("qqq", "gaussian")],
)
def test_unknown_name_leaves_with_2_and_tells_the_nearest(name, near, capsys):
    assert main(["formulas", "G1", name]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert name in said.err
    assert near in said.err.partition(";")[2]
    assert said.err.count("\n") == 1


def test_text_shows_formula_on_the_line_of_its_quantity_and_a_legend():
    lines = output("--format", "text").splitlines()
    left = "    P(z·w > 0, z·w* > 0) = "
    row = lines.index(left + "─────")
    assert lines[row - 1 : row + 2] == [" " * len(left) + "π - θ", left + "─────", " " * len(left) + " 2⋅π"]
    assert lines[lines.index("Symbols") + 3].split()[0] == "θ"


def test_legend_explains_every_symbol_of_the_formulas(derived):
    legend = output("--format", "text").rpartition("Symbols")[2]
    used = set().union(*(formula.result.free_symbols for formula in derived.values()))
    for symbol in used:
        name, meaning = rendering.notation(symbol).text, rendering.notation(symbol).meaning
        assert meaning, symbol
        assert re.search(rf"^ *{re.escape(name)} +{re.escape(meaning)}$", legend, re.MULTILINE)


@pytest.mark.parametrize("format_", ["text", "latex"])
def test_text_and_latex_speak_the_notation_and_not_python(format_):
    shown = output("--format", format_, "--steps")
    assert not re.search(r"norm_|_hat|_star|_dot_|\blam\b|\*\*|sqrt\(|Piecewise|Integral", shown)


@pytest.mark.parametrize("format_", ["text", "latex", "python"])
def test_steps_are_shown_on_demand_only(format_, derived):
    sentence = derived["wedge-mean"].steps[2].sentence
    assert sentence in output("--format", format_, "--steps")
    assert sentence not in output("--format", format_)


def test_bound_is_printed_as_an_inequality(records):
    bounds = {name: record for name, record in records.items() if record["relation"] == "≤"}
    assert {f"error-bound-{p}" for p in ("l1", "l0", "tl1")} <= bounds.keys()
    assert all("≤" not in record["quantity"] for record in records.values())
    assert all(re.search(r"\\le [^=]*$", record["latex"]) for record in bounds.values())
    assert bounds["error-bound-l1"]["latex"].startswith(r"\sin\bar\theta\le ")
    everything = [output("--format", f) for f in ("text", "latex", "python")]
    assert not any(re.search(r"(≤|\\le)\S*\s*=", shown) for shown in everything)
    assert "sin θ̄, l1 ≤ ────" in everything[0]


def test_latex_is_balanced_ascii(records):
    shown = [line["latex"] for record in records.values() for line in (record, *record["steps"])]
    assert len(shown) > len(records)
    for line in shown:
        assert line.isascii()
        unescaped = line.replace(r"\{", "").replace(r"\}", "")
        assert unescaped.count("{") == unescaped.count("}")
        assert line.count(r"\left") - line.count(r"\leftarrow") == line.count(r"\right")
        assert line.count(r"\begin") == line.count(r"\end")


def test_latex_is_one_display_a_formula_and_comments(derived):
    lines = [line for line in output("--format", "latex").splitlines() if line and not line.startswith("%")]
    assert len(lines) == len(derived)
    assert all(line.startswith(r"\[ ") and line.endswith(r" \]") for line in lines)


@pytest.mark.parametrize("seed", range(5))
def test_python_functions_compute_what_the_theory_says(seed, derived, functions):
    for name, formula in derived.items():
        point = values(formula.result, seed)
        found = functions[name.replace("-", "_")](**{symbol.name: value for symbol, value in point.items()})
        if name == "hidden-loss-clipped-relu":  # no elementary form: mpmath integrates, to 15 digits
            expected = float(lambdify(list(point), formula.result, "mpmath")(*map(float, point.values())))
            tolerance = 1e-8  # the error that scipy.integrate.quad aims at is 1.5e-8 at most
        else:
            expected = evaluate(formula.result, point)
            tolerance = 1e-12  # other orders of the same operations, of values of order one
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=name)


def test_python_of_a_single_record_stands_alone_and_documents_its_arguments(derived, records):
    assert list(derived) == list(records)
    for name, record in records.items():
        names, space = [symbol["name"] for symbol in record["symbols"]], {}
        exec(compile(record["python"], name, "exec"), space)  # noqa: S102 - our own output
        function = space[name.replace("-", "_")]
        assert all(symbol in function.__doc__ for symbol in names), name
        (definition,) = (n for n in ast.parse(record["python"]).body if isinstance(n, ast.FunctionDef))
        assert [a.arg for a in definition.args.args] == names, name
        assert function(**{s.name: v for s, v in values(derived[name].result, 1).items()}) is not None, name


def test_record_has_the_documented_fields(records):
    fields = {
        "name", "label", "section", "title", "quantity", "relation",
        "text", "latex", "python", "symbols", "steps",
    }  # fmt: skip
    assert all(set(record) == fields for record in records.values())
    assert all(record["steps"] for record in records.values())


def test_one_line_text_keeps_the_star_of_a_name_apart_from_a_product():
    expression = sym.w_star * sym.norm_w**2 / 2 + sym.v_dot_v_star**2
    assert rendering.text(expression) == "‖w‖²·w*/2 + (vᵀv*)²"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sym.theta <= 1, "θ ≤ 1"),
        (1 / sym.eta, "1/η"),
        (sym.sum_v**2, "(𝟏ᵀv)²"),
        (1 / sym.eta**2, "1/η²"),
        (sym.rho ** Rational(-3, 2), "1/ρ^(3/2)"),
        (sqrt(sym.d + 1) / sqrt(2), "√2·√(d + 1)/2"),
        ((sym.c + sym.beta) ** sym.d, "(β + c)^d"),
        (abs(sym.x + 1) * (sym.c + sym.beta) ** 3, "(β + c)³·|x + 1|"),
        (Symbol("kappa_2", real=True), "κ₂"),
    ],
)
def test_one_line_text_reads_as_one_writes(expression, expected):
    assert rendering.text(expression) == expected


def test_picture_keeps_its_columns_under_a_letter_with_a_bar():
    rows = rendering.picture("θ̄", "≤", sym.a / 2).splitlines()
    assert [row.index("a") if "a" in row else None for row in rows] == [4, None, None]
    assert rows[1] == "θ̄ ≤ ─"


def test_python_of_the_transformed_l1_map_survives_the_double_root(functions):
    # At the critical weight a²/(2(a+1)) the map starts where the arcsine's argument is 1 up to rounding.
    a = np.linspace(0.1, 3.0, 200)
    threshold = a / 2
    found = functions["proximal_map_tl1"](x=threshold, mu=a**2 / (2 * (a + 1)), a=a, t=0.0)
    # The square root of a rounding error of 1e-16 is 1e-8.
    np.testing.assert_allclose(found, 0.0, atol=1e-7)
