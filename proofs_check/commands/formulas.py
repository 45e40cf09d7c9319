"""``rvscgd formulas``: derive the closed forms and print them."""

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from proofs_check.usage import UsageError

if TYPE_CHECKING:
    from theory.derivation import Derivation

# Spelled out and not taken from the catalogue, whose import is SymPy's; a test compares the two.
SECTIONS = ("gaussian", "loss", "coarse-gradient", "penalties", "splitting", "limit", "bounds")
_MARGIN = "    "
_RELATIONS = ("≤", "≥", "≈", "∼")
_LATEX_RELATIONS = (r"\le", r"\ge", r"\approx", r"\sim")
_EPILOG = """\
examples:
  rvscgd formulas                          all closed forms, with a legend of the symbols
  rvscgd formulas penalties --steps        one section, with the steps of the derivations
  rvscgd formulas G2 --format latex        the formulas of one label, as LaTeX (amsmath, amssymb)
  rvscgd formulas error-bound-l1 --format python > bound.py"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "formulas",
        help="derive the closed forms and print them as text, LaTeX, Python or JSON",
        description="Derive the closed forms of the theory with SymPy and print them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"a section ({', '.join(SECTIONS)}), a label (G2) or a formula; default: all",
    )
    parser.add_argument(
        "--format", choices=("text", "latex", "python", "json"), default="text", help="default: text"
    )
    parser.add_argument(
        "--steps", action="store_true", help="show the derivations too (JSON always has them)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the formulas asked for; UsageError if a name is unknown."""
    chosen = select(arguments.names)
    formats = {"text": _text, "latex": _latex, "python": _python, "json": _json}
    print(formats[arguments.format](chosen, arguments.steps))
    return 0


def select(names: Sequence[str]) -> "list[tuple[str, Derivation]]":
    """Return (section, derivation) of the named formulas in the order of the theory, each once.

    Raises
    ------
    UsageError
        If a name is neither a section nor a label nor a formula; the sentence tells the nearest ones.
    """
    from theory.catalogue import derivations

    wanted = {name.casefold() for name in names}
    # A section asked for by its name spares the derivation of the others.
    sections = [s for s in SECTIONS if s in wanted] if wanted and wanted <= set(SECTIONS) else SECTIONS
    everything = [(section, formula) for section in sections for formula in derivations(section)]
    known = {key for section, formula in everything for key in _keys(section, formula)}
    for name in names:
        if name.casefold() not in known:
            raise UsageError(_unknown(name, known))
    return [entry for entry in everything if not wanted or wanted & _keys(*entry)]


def _keys(section: str, formula: "Derivation") -> set[str]:
    return {section, formula.label.casefold(), formula.name}


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    names = sorted(known)
    # Nearness alone misses what a half-remembered name has in common with the longer true one.
    near = (
        get_close_matches(name.casefold(), names, n=3, cutoff=0.5)
        or [k for k in names if name.casefold() in k][:3]
    )
    # Labels are the only names with capitals.
    near = [k.upper() if k[1:].isdigit() else k for k in near]
    hint = f"the nearest: {', '.join(near)}" if near else f"the sections are {', '.join(SECTIONS)}"
    return f"NAME={name!r}, a section, label or formula is required; {hint}"


def _relation(quantity: str) -> tuple[str, str]:
    """Split 'sin θ̄ ≤, l1' into 'sin θ̄, l1' and its sign; without a sign it is an equation."""
    for sign in _RELATIONS:
        if f" {sign}" in quantity:
            return quantity.replace(f" {sign}", ""), sign
    return quantity, "="


def _latex_equation(formula: "Derivation") -> str:
    from proofs_check.rendering import latex

    left = formula.quantity_latex
    sign = "" if left.endswith(_LATEX_RELATIONS) else " ="
    return f"{left}{sign} {latex(formula.result)}"


def _text(chosen: "Sequence[tuple[str, Derivation]]", steps: bool) -> str:
    from proofs_check.rendering import notation, symbols_of

    blocks, shown = [], ""
    for section, formula in chosen:
        if section != shown:
            title = section.replace("-", " ").capitalize()
            blocks.append(f"{title}\n{'═' * len(title)}")
            shown = section
        blocks.append(_text_block(formula, steps))
    used = {symbol: None for _, formula in chosen for symbol in symbols_of(formula.result)}
    rows = [(notation(symbol).text, notation(symbol).meaning) for symbol in used]
    if rows:
        width = max(len(name) for name, _ in rows)
        legend = "\n".join(f"{_MARGIN}{name:<{width}}  {meaning}" for name, meaning in rows)
        blocks.append(f"Symbols\n═══════\n\n{legend}")
    return "\n\n".join(blocks)


def _text_block(formula: "Derivation", steps: bool) -> str:
    from proofs_check.rendering import picture, text

    lines = [f"{formula.label}  {formula.name}", f"{_MARGIN}{formula.title}", ""]
    if steps:
        for number, step in enumerate(formula.steps, 1):
            lines += [f"{_MARGIN}{number}. {step.sentence}", f"{_MARGIN}       {text(step.expression)}"]
        lines.append("")
    drawing = picture(*_relation(formula.quantity), formula.result)
    return "\n".join([*lines, *(_MARGIN + row for row in drawing.splitlines())])


def _latex(chosen: "Sequence[tuple[str, Derivation]]", steps: bool) -> str:
    from proofs_check.rendering import latex

    lines = ["% needs \\usepackage{amsmath,amssymb}"]
    for _, formula in chosen:
        lines += ["", f"% {formula.label} {formula.name}: {formula.title}"]
        if steps:
            for step in formula.steps:
                # As comments: the sentences hold letters that not every LaTeX engine sets.
                lines += [f"% {step.sentence}", rf"\[ {latex(step.expression)} \]"]
        lines.append(rf"\[ {_latex_equation(formula)} \]")
    return "\n".join(lines)


def _function(formula: "Derivation", steps: bool) -> str:
    from proofs_check.rendering import python_function, text

    left, sign = _relation(formula.quantity)
    lines = [f"{formula.title}.", "", f"{formula.label}: {left} {sign} {text(formula.result)}"]
    if steps:
        lines += ["", "Derivation:"]
        lines += [f"    {step.sentence} {text(step.expression)}" for step in formula.steps]
    return python_function(formula.name.replace("-", "_"), lines, formula.result)


def _python(chosen: "Sequence[tuple[str, Derivation]]", steps: bool) -> str:
    from proofs_check.rendering import python_imports

    functions = [_function(formula, steps) for _, formula in chosen]
    head = '"""Closed forms derived by rvscgd; vectors and numbers broadcast as in NumPy."""\n'
    imports = python_imports(functions)
    return "\n\n".join([head + (f"\n{imports}" if imports else ""), *functions]).rstrip("\n")


def _json(chosen: "Sequence[tuple[str, Derivation]]", _steps: bool) -> str:
    import json

    return json.dumps([_record(*entry) for entry in chosen], ensure_ascii=False, indent=2)


def _record(section: str, formula: "Derivation") -> dict[str, Any]:
    from proofs_check.rendering import latex, notation, python_imports, symbols_of, text

    left, sign = _relation(formula.quantity)
    function = _function(formula, steps=False)
    imports = python_imports([function])
    symbols = [(symbol.name, notation(symbol)) for symbol in symbols_of(formula.result)]
    return {
        "name": formula.name,
        "label": formula.label,
        "section": section,
        "title": formula.title,
        "quantity": left,
        "relation": sign,
        "text": text(formula.result),
        "latex": _latex_equation(formula),
        "python": f"{imports}\n\n{function}" if imports else function,
        "symbols": [{"name": n, "text": s.text, "latex": s.latex, "meaning": s.meaning} for n, s in symbols],
        "steps": [
            {"sentence": s.sentence, "text": text(s.expression), "latex": latex(s.expression)}
            for s in formula.steps
        ],
    }
