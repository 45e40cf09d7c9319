"""How cases are drawn: the parts reach their ends, are simplest at one, and stay apart from each other."""

from itertools import pairwise

import pytest
from hypothesis import strategies as st

from proofs_check.claims.draws import always, case_of, decades, either, part_of, strategy_of
from proofs_check.context import Context
from proofs_check.evidence.cases import searched
from proofs_check.records import Claim, Provenance, Source, Verdict
from theory.symbols import x

NUMBERS = st.integers(0, 2**32 - 1)


def found(strategy, violated=lambda _: None, seed=0, full=True):
    """The finding of a search, thorough by default, and its cases."""
    seen = []

    def violation(_):
        return lambda case: seen.append(case) or violated(case)

    claim = Claim("test", "T", "{subject}", Source(Provenance.FOLKLORE), x, (), {}, (), ())
    return searched(lambda: strategy, violation, "the test").check(claim, Context(seed, full)), seen


def test_decades_have_ten_steps_each_from_end_to_end():
    _, seen = found(strategy_of(decades(-1, 2)))
    sizes = sorted(set(seen))
    assert (sizes[0], sizes[-1], len(sizes)) == (0.1, 100.0, 31)
    assert all(float(f"{size:.3g}") == size for size in sizes)
    assert all(1.24 < more / less < 1.28 for less, more in pairwise(sizes))


def test_a_counterexample_is_made_simple_in_each_of_its_parts():
    case = case_of(
        lambda *parts: parts,
        decades(-3, 3),
        either(always("first"), NUMBERS),
        st.sampled_from("abc"),
        NUMBERS,
    )
    finding, _ = found(case, lambda parts: "it is" if parts[3] >= 7 else None)
    assert finding.witness == "it is for (1.0, 'first', 'a', 7)"
    finding, _ = found(case, lambda parts: "it is" if parts[0] > 2 and parts[1] != "first" else None)
    assert finding.witness == "it is for (2.51, 0, 'a', 0)"


def test_either_draws_every_one_of_its_parts():
    _, seen = found(strategy_of(either(always("a"), part_of(str, st.just("b")), st.just("c"))))
    assert set(seen) == set("abc")


@pytest.mark.parametrize("seed", range(3))
def test_no_number_of_a_case_is_put_for_another(seed):
    def copies(strategy):
        finding, seen = found(strategy, seed=seed, full=False)
        assert finding.verdict is Verdict.SUPPORTS
        return sum(case[0] == case[1] != 0 for case in seen) / len(seen)

    assert copies(case_of(lambda *both: both, NUMBERS, NUMBERS)) < 0.02
    # As Hypothesis does it where nobody tells them apart.
    assert copies(st.tuples(NUMBERS, NUMBERS)) > 0.2


def test_cases_do_not_depend_on_the_strategies_made_before():
    def cases():
        return found(
            case_of(lambda *parts: parts, decades(-3, 3), either(NUMBERS, NUMBERS), NUMBERS), full=False
        )[1]

    first = cases()
    for _ in range(100):
        part_of(tuple, NUMBERS)
    assert cases() == first
