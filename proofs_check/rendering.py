"""Formulas as text, LaTeX and Python source, in the notation of the theory."""

# ruff: noqa: N802 - SymPy calls the method _print_ followed by the class

import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sympy
from sympy import Abs, Basic, Integer, Integral, Piecewise, Pow, Symbol, asin
from sympy.printing.numpy import SciPyPrinter
from sympy.printing.precedence import PRECEDENCE
from sympy.printing.pretty.pretty_symbology import pretty_symbol
from sympy.printing.str import StrPrinter

from theory.symbols import NOTATION, Notation

# Symbols that a derivation brings in by itself; their meaning stands in its steps.
_LOCAL: Mapping[str, Notation] = {
    "norm_w_star_1": Notation("‖w*‖₁", r"\|w^{*}\|_{1}", "sum of the magnitudes of the entries of w*"),
    "w_star_max": Notation("max|w*ᵢ|", r"\max_i|w^{*}_{i}|", "largest magnitude of the entries of w*"),
    "sin_theta": Notation("sinθ", r"\sin\theta", "sine of the error angle"),
    "cos_theta": Notation("cosθ", r"\cos\theta", "cosine of the error angle"),
    "cos_psi": Notation("cosψ", r"\cos\psi", "cosine of the angle of a cap around w*"),
    "sin_psi": Notation("sinψ", r"\sin\psi", "sine of the angle of a cap around w*"),
    "c_min": Notation("c_min", r"c_{\min}", "lower bound of the tangential constant c(θ) over [0, π]"),
    "M": Notation("M", "M", "upper bound of the proxy derivative μ′"),
    "u_perp": Notation("u⊥", r"u^{\perp}", "part of u perpendicular to w"),
    "w_star_perp": Notation("w*⊥", r"w^{*\perp}", "part of w* perpendicular to w"),
}
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# Stands for the star of a name such as w* while the star of a product becomes a dot.
_STAR = "\ue000"


def notation(symbol: Symbol) -> Notation:
    """How a symbol is printed and what it means; a Greek name becomes its letter."""
    known = NOTATION.get(symbol) or _LOCAL.get(symbol.name)
    return known or Notation(pretty_symbol(symbol.name), sympy.latex(symbol), "")


def symbols_of(expression: Basic) -> tuple[Symbol, ...]:
    """Free symbols in the order of the notation, others after them by name."""
    order = {symbol: place for place, symbol in enumerate(NOTATION)}
    return tuple(sorted(expression.free_symbols, key=lambda s: (order.get(s, len(order)), s.name)))


def latex(expression: Basic) -> str:
    r"""LaTeX of an expression or relation, for mathematics mode with amsmath.

    Examples
    --------
    >>> from theory.gaussian import wedge_probability
    >>> print(latex(wedge_probability().result))
    \frac{\pi - \theta}{2 \pi}
    """
    names = {symbol: notation(symbol).latex for symbol in expression.atoms(Symbol)}
    return str(sympy.latex(expression, symbol_names=names))


@lru_cache(maxsize=10_000, typed=True)
def text(expression: Basic) -> str:
    """One line of Unicode for an expression or relation.

    Examples
    --------
    >>> from theory.gaussian import wedge_probability
    >>> text(wedge_probability().result)
    '(π - θ)/(2·π)'
    """
    line: str = _LinePrinter().doprint(expression)
    return line.replace("*", "·").replace(_STAR, "*")


def picture(left: str, relation: str, expression: Basic) -> str:
    """Return ``left relation expression``, the expression drawn over several lines and never wrapped.

    Examples
    --------
    >>> from theory.gaussian import wedge_probability
    >>> print(picture("P", "=", wedge_probability().result))
        π - θ
    P = ─────
         2⋅π
    """
    # The drawing of "⌂ = expression" tells by its mark which row is the base line.
    mark = "⌂ = "
    equation = sympy.Eq(Symbol("⌂"), _readable(expression), evaluate=False)
    rows = sympy.pretty(equation, use_unicode=True, wrap_line=False).splitlines()
    head = f"{left} {relation} "
    # A letter with a bar is two characters and one column.
    blank = " " * sum(not unicodedata.combining(character) for character in head)
    drawn = ((head if row.startswith(mark) else blank) + row[len(mark) :] for row in rows)
    return "\n".join(row.rstrip() for row in drawn)


def python_imports(sources: Sequence[str]) -> str:
    """Import statements that the given function sources need."""
    modules = ("numpy", "scipy.integrate", "scipy.special")
    return "".join(f"import {module}\n" for module in modules if any(f"{module}." in s for s in sources))


def python_function(name: str, lines: Sequence[str], expression: Basic) -> str:
    """Source of a NumPy function of the expression's free symbols, with ``lines`` in its docstring."""
    arguments = symbols_of(expression)
    listed = [f"    {symbol.name} : {notation(symbol).meaning}".rstrip(" :") for symbol in arguments]
    docstring = [*lines, *(["", "Arguments:", *listed] if listed else [])]
    body = "\n".join(f"    {line}".rstrip() for line in (f'"""{docstring[0]}', *docstring[1:]))
    end = '"""' if len(docstring) == 1 else '\n    """'
    value = _SourcePrinter().doprint(expression)
    signature = ", ".join(symbol.name for symbol in arguments)
    return f"def {name}({signature}):\n{body}{end}\n    return {value}\n"


def _is_composite(name: str) -> bool:
    """Whether an exponent behind the name could be read as one of its last letter alone."""
    return "ᵀ" in name or name.endswith(("*", "⊥"))


def _readable(expression: Basic) -> Basic:
    """Put printed names for the symbols, in brackets where an exponent follows a composite name."""
    powers = {
        power: Pow(Symbol(f"({notation(power.base).text})"), power.exp)
        for power in expression.atoms(Pow)
        if isinstance(power.base, Symbol) and power.exp != -1 and _is_composite(notation(power.base).text)
    }
    bracketed = expression.xreplace(powers)
    # The names stay real, or SymPy would leave |‖w‖| where the theory has ‖w‖.
    return bracketed.xreplace({s: Symbol(notation(s).text, real=s.is_real) for s in expression.atoms(Symbol)})


class _LinePrinter(StrPrinter):  # type: ignore[misc]  # SymPy is untyped
    """SymPy's one-line form with √, superscripts, signs for relations and the theory's names."""

    def _print_Symbol(self, expr: Symbol) -> str:
        return notation(expr).text.replace("*", _STAR)

    def _print_Pi(self, _: Basic) -> str:
        return "π"

    def _print_Infinity(self, _: Basic) -> str:
        return "∞"

    def _print_Abs(self, expr: Abs) -> str:
        return f"|{self._print(expr.args[0])}|"

    def _print_Pow(self, expr: Pow, rational: bool = False) -> str:
        if expr.exp == sympy.S.Half and not rational:
            inside = self._print(expr.base)
            # SymPy never leaves the root of a negative integer.
            short = isinstance(expr.base, (Symbol, Integer)) or expr.base is sympy.pi
            return f"√{inside}" if short else f"√({inside})"
        if expr.exp.is_number and expr.exp.is_negative:
            return f"1/{self.parenthesize(Pow(expr.base, -expr.exp), PRECEDENCE['Pow'], strict=True)}"
        base: str = self.parenthesize(expr.base, PRECEDENCE["Pow"] + 1)
        if isinstance(expr.base, Symbol) and _is_composite(notation(expr.base).text):
            base = f"({base})"
        if expr.exp.is_Integer:
            return base + str(expr.exp).translate(_SUPERSCRIPTS)
        return f"{base}^{self.parenthesize(expr.exp, PRECEDENCE['Pow'])}"

    def _print_Relational(self, expr: Any) -> str:
        signs = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}
        return f"{self._print(expr.lhs)} {signs.get(expr.rel_op, expr.rel_op)} {self._print(expr.rhs)}"

    def _print_Or(self, expr: Basic) -> str:
        return " or ".join(self._print(part) for part in expr.args)

    def _print_And(self, expr: Basic) -> str:
        return " and ".join(self._print(part) for part in expr.args)

    def _print_Piecewise(self, expr: Piecewise) -> str:
        *cases, last = expr.args
        shown = [f"{self._print(value)} if {self._print(condition)}" for value, condition in cases]
        rest = (
            self._print(last[0])
            if last[1] == sympy.true
            else f"{self._print(last[0])} if {self._print(last[1])}"
        )
        return f"{{{', '.join(shown)}, else {rest}}}"

    def _print_betainc(self, expr: Any) -> str:
        first, second, low, high = map(self._print, expr.args)
        return f"B({high}; {first}, {second})" if low == "0" else f"B({low}, {high}; {first}, {second})"

    def _print_betainc_regularized(self, expr: Any) -> str:
        return "I" + self._print_betainc(expr)[1:]

    def _print_Integral(self, expr: Integral) -> str:
        limits = ", ".join(
            f"{self._print(v)} = {self._print(lower)} … {self._print(upper)}"
            for v, lower, upper in expr.limits
        )
        return f"∫[{limits}]({self._print(expr.function)})"


class _SourcePrinter(SciPyPrinter):  # type: ignore[misc]  # SymPy is untyped
    """NumPy and SciPy source."""

    def _print_Pi(self, _: Basic) -> str:
        return "numpy.pi"

    def _print_betainc_regularized(self, expr: Any) -> str:
        # SymPy writes a difference of two values without brackets; from 0 the second vanishes.
        first, second, low, high = expr.args
        if low != 0:
            raise NotImplementedError(f"python_function: {expr}, an integral from 0 is required")
        return f"scipy.special.betainc({', '.join(map(self._print, (first, second, high)))})"

    def _print_asin(self, expr: asin) -> str:
        # Rounding lifts the argument above 1 where the cubic of transformed l1 has a double root.
        return f"numpy.arcsin(numpy.minimum({self._print(expr.args[0])}, 1))"
