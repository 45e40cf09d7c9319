"""SymPy to z3 and back: relations between real numbers, one to one, and nothing else.

A claim and its planted errors share a z3 context, in which they always ask in the same order, and the
solver's steps are counted, so that an answer depends neither on what other claims asked before nor on the
machine.
"""

from collections.abc import Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any

from sympy import (
    Abs,
    Add,
    And,
    Basic,
    CRootOf,
    Eq,
    Expr,
    Ge,
    Gt,
    Le,
    Lt,
    Max,
    Min,
    Mul,
    Ne,
    Not,
    Or,
    Poly,
    Pow,
    Rational,
    S,
    Symbol,
    sign,
    sqrt,
)
from sympy.functions.elementary.piecewise import Piecewise
from sympy.logic.boolalg import BooleanAtom

from proofs_check.context import Context

if TYPE_CHECKING:
    import z3

# Steps of the solver, ten times what the hardest query of the claims takes (2.2 million, 0.3 s).
STEPS = 20_000_000
# A second guard, in milliseconds, in case that a step never ends.
WALL = 20_000
# For planted errors, which other evidence may refute: as much as the hardest query takes.
BRIEF_STEPS, BRIEF_WALL = 2_500_000, 2000
SEED = 0
TACTIC = "qfnra-nlsat"
# Coefficients of such a polynomial.
QUADRATIC = 3


class TranslationError(ValueError):
    """An expression has no counterpart in the solver's language."""


def shared(context: Context) -> "Problem":
    """A problem beside which all others of a claim, its controls and variants stand."""
    found: Problem = context.once("solver", lambda: Problem((), {}))
    return found


class Problem:
    """Relations for which z3 seeks real numbers.

    Parameters
    ----------
    relations : iterable of SymPy relations
    roots : mapping of square roots to symbols
        Variables that stand for the square roots; what defines them is among the relations.
    beside : Problem, optional
        Another problem of the same claim, whose z3 context is shared: to make one takes longer than to solve
        most problems.

    Raises
    ------
    TranslationError
        If a relation contains what z3's real numbers do not have.
    """

    def __init__(
        self, relations: Iterable[Any], roots: Mapping[Any, Symbol], beside: "Problem | None" = None
    ) -> None:
        import z3

        self._z3 = z3
        self._context: Any = z3.Context() if beside is None else beside._context
        self._tactic: Any = z3.Tactic(TACTIC, self._context) if beside is None else beside._tactic
        self._roots = roots
        self._variables: dict[Symbol, Any] = {}
        self._formulas = [self._formula(relation) for relation in relations]
        self._solver: Any = None

    def also(self, relation: Any) -> "Problem":
        """These relations and one more, in the same context: what is translated is not translated again."""
        more = copy(self)
        more._variables = dict(self._variables)
        more._formulas = [*self._formulas, more._formula(relation)]
        more._solver = None
        return more

    def _asked(self, steps: int, wall: int) -> Any:
        """A solver that knows the relations and has answered nothing."""
        solver = self._tactic.solver()
        solver.set(timeout=wall, rlimit=steps, seed=SEED)
        solver.add(*self._formulas)
        return solver

    def solve(self, *, brief: bool = False) -> str:
        """Ask for a solution; ``sat``, ``unsat`` or ``unknown``, sooner if ``brief``."""
        self._solver = self._asked(BRIEF_STEPS, BRIEF_WALL) if brief else self._asked(STEPS, WALL)
        return str(self._solver.check())

    def reason(self) -> str:
        """Why the answer is unknown."""
        return "nothing was asked" if self._solver is None else str(self._solver.reason_unknown())

    def solution(self) -> dict[Symbol, Any]:
        """The numbers found, rational or algebraic; zero where any number will do."""
        model = self._solver.model()
        return {
            symbol: self._number(model.eval(variable, model_completion=True))
            for symbol, variable in self._variables.items()
        }

    def text(self) -> str:
        """The problem in SMT-LIB."""
        return str(self._asked(STEPS, WALL).to_smt2())

    def _number(self, value: Any) -> Any:
        if self._z3.is_rational_value(value):
            above, _, below = value.as_string().partition("/")
            return Rational(int(above), int(below or 1))
        rising = [self._number(coefficient) for coefficient in value.poly()]
        if len(rising) == QUADRATIC:
            return _root_of_quadratic(*rising, larger=value.index() > 1)
        return CRootOf(Poly(rising[::-1], Symbol("z")), value.index() - 1)

    def _variable(self, symbol: Symbol) -> Any:
        if symbol not in self._variables:
            if not symbol.is_real or symbol.name in {known.name for known in self._variables}:
                raise TranslationError(
                    f"smt: symbol={symbol}, one real symbol of each name can be translated"
                )
            self._variables[symbol] = self._z3.Real(symbol.name, self._context)
        return self._variables[symbol]

    def _formula(self, relation: Any) -> "z3.BoolRef":
        z3 = self._z3
        if isinstance(relation, (bool, BooleanAtom)):
            return z3.BoolVal(bool(relation), self._context)
        if isinstance(relation, (And, Or)):
            join = z3.And if isinstance(relation, And) else z3.Or
            return join(*map(self._formula, relation.args))
        if isinstance(relation, Not):
            return z3.Not(self._formula(relation.args[0]))
        compare = _RELATIONS.get(type(relation))
        if compare is None:
            raise TranslationError(f"smt: {relation} is no relation between real numbers")
        return compare(self._term(relation.lhs), self._term(relation.rhs))

    def _term(self, expression: Basic) -> Any:
        if expression in self._roots:
            return self._variable(self._roots[expression])
        if isinstance(expression, Symbol):
            return self._variable(expression)
        if isinstance(expression, Rational):
            return self._rational(expression)
        if isinstance(expression, Pow):
            return self._power(expression)
        if isinstance(expression, (Add, Mul)):
            first, *rest = map(self._term, expression.args)
            for other in rest:
                first = first + other if isinstance(expression, Add) else first * other
            return first
        return self._distinction(expression)

    def _rational(self, number: Rational) -> Any:
        # As text, which z3 reads as one number: its own function of two divides them and simplifies.
        return self._z3.RealVal(f"{number.p}/{number.q}", self._context)

    def _power(self, power: Pow) -> Any:
        base, exponent = power.args
        root = Pow(base, S.Half)
        if exponent.is_Rational and exponent.q == 2 and root in self._roots:
            base, exponent = self._roots[root], 2 * exponent
        if not exponent.is_Integer:
            raise TranslationError(
                f"smt: {power} has no auxiliary variable, a power with integer exponent is required"
            )
        value = self._term(base)
        if abs(exponent) > 1:
            value = value ** abs(int(exponent))
        return value if exponent > 0 else self._rational(S.One) / value

    def _distinction(self, expression: Basic) -> Any:
        """Functions that are polynomials case by case."""
        choose = self._z3.If
        if isinstance(expression, Piecewise) and expression.args[-1].cond == True:  # noqa: E712 - SymPy's true
            *cases, (last, _) = expression.args
            value = self._term(last)
            for case, condition in reversed(cases):
                value = choose(self._formula(condition), self._term(case), value)
            return value
        if isinstance(expression, Abs):
            inner = self._term(expression.args[0])
            return choose(inner >= 0, inner, -inner)
        if isinstance(expression, sign):
            inner, one = self._term(expression.args[0]), self._rational(S.One)
            return choose(inner > 0, one, choose(inner < 0, -one, 0 * one))
        if isinstance(expression, (Max, Min)):
            value, *rest = map(self._term, expression.args)
            for other in rest:
                first = value >= other if isinstance(expression, Max) else value <= other
                value = choose(first, value, other)
            return value
        raise TranslationError(f"smt: {expression} is no polynomial, quotient or case distinction")


def _root_of_quadratic(constant: Rational, linear: Rational, square: Rational, *, larger: bool) -> Expr:
    """A root by its formula, which is easier to read than a root by its number, and sooner found."""
    apart = sqrt(linear**2 - 4 * square * constant) / abs(2 * square)
    return -linear / (2 * square) + (apart if larger else -apart)


_RELATIONS = {
    Eq: lambda left, right: left == right,
    Ne: lambda left, right: left != right,
    Le: lambda left, right: left <= right,
    Lt: lambda left, right: left < right,
    Ge: lambda left, right: left >= right,
    Gt: lambda left, right: left > right,
}
