"""The benchmark's harness: medians, targets, regressions and missing peers are seen for what they are."""

import json
import math
from functools import partial

import pytest

from benchmarks import __main__ as command
from benchmarks import harness, scaling
from benchmarks.harness import Outcome, Row, document, regressions, run_row, timed_ratio


def row(*values, target=2.0, at_least=True, **options):
    """Return a row that measures the given numbers, one a round."""
    return Row("a row", target, at_least, lambda: iter(values).__next__, **options)


def outcome(median, at_least=True, unit="x"):
    return Outcome("a row", unit, 1.0, at_least, "met", values=[median])


def earlier(median):
    return {"rows": [{"name": "a row", "median": median}]}


def test_the_median_over_the_rounds_is_what_counts():
    found = run_row(row(1.0, 9.0, 3.0, 0.0, 4.0))
    assert (found.median, found.status) == (3.0, "met")
    assert run_row(row(1.0, 9.0, 1.9, 0.0, 4.0)).status == "missed"


@pytest.mark.parametrize(
    ("value", "at_least", "status"),
    [(2.0, True, "met"), (1.99, True, "missed"), (2.0, False, "met"), (2.01, False, "missed"),
     (math.nan, True, "missed"), (math.nan, False, "missed")],
)  # fmt: skip
def test_a_target_is_met_on_its_own_side_and_by_numbers_only(value, at_least, status):
    assert run_row(row(*[value] * 5, at_least=at_least)).status == status


def test_a_row_may_ask_for_fewer_rounds():
    assert run_row(row(2.0, rounds=1)).values == [2.0]


def test_a_missing_peer_is_reported_by_name_and_is_not_in_order(capsys):
    found = run_row(row(*[2.0] * 5, needs=("json", "a_package_that_nobody_has")))
    assert (found.status, found.median) == ("missing", None)
    assert "a_package_that_nobody_has" in command.line(found)
    assert "json" not in found.note
    assert command.verdict([found], {}) == 1
    assert "missing: a row needs a_package_that_nobody_has" in capsys.readouterr().out


def test_a_row_that_breaks_is_an_error_and_not_a_pass():
    found = run_row(row(2.0))  # has numbers for one round of five
    assert found.status == "error"
    assert command.verdict([found], {}) == 1


@pytest.mark.parametrize(
    ("before", "now", "at_least", "worse"),
    [(6.0, 3.9, True, True), (6.0, 4.0, True, False), (6.0, 60.0, True, False),
     (1.0, 1.51, False, True), (1.0, 1.5, False, False), (1.0, 0.1, False, False),
     (1.0, math.nan, True, True)],
)  # fmt: skip
def test_a_ratio_more_than_half_again_worse_is_a_regression(before, now, at_least, worse):
    assert bool(regressions([outcome(now, at_least)], earlier(before))) == worse


def test_regression_fails_the_run_and_names_the_row(capsys):
    assert command.verdict([outcome(3.0)], earlier(6.0)) == 1
    assert "regression: a row is 2.00 times worse" in capsys.readouterr().out
    assert command.verdict([outcome(6.0)], earlier(6.0)) == 0


def test_seconds_and_new_rows_are_not_compared():
    assert not regressions([outcome(100.0, at_least=False, unit="s")], earlier(1.0))
    assert not regressions([outcome(0.1)], {"rows": []})
    assert not regressions([outcome(0.1)], {"rows": [{"name": "a row", "median": None}]})


def test_timed_pairs_change_their_order_from_round_to_round_and_short_work_is_repeated(monkeypatch):
    class Clock:
        now, sleep = 0.0, staticmethod(lambda _: None)

        def perf_counter(self):
            return self.now

        def work(self, name, seconds):
            calls.append(name)
            self.now += seconds

    calls, clock = [], Clock()
    monkeypatch.setattr(harness, "time", clock)
    long, short = partial(clock.work, "long", 1.0), partial(clock.work, "short", 0.125)
    one_round = timed_ratio(long, short)
    assert calls == ["long"] * 2 + ["short"] * 2  # for caches, and to see how long they take
    calls.clear()
    for _ in range(3):
        assert one_round() == 8
    thrice = ["short"] * 3
    assert calls == ["long", *thrice, *thrice, "long", "long", *thrice]


def test_document_is_read_back_with_machine_and_medians():
    found = json.loads(json.dumps(document([run_row(row(1.0, 9.0, 3.0, 0.0, 4.0))])))
    assert found["rows"][0]["median"] == 3.0
    assert (found["rows"][0]["min"], found["rows"][0]["max"]) == (0.0, 9.0)
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["versions"]["numpy"]


def run(monkeypatch, tmp_path, values, before):
    monkeypatch.setattr(command, "all_rows", lambda: [row(*values)])
    committed, written = tmp_path / "before.json", tmp_path / "now.json"
    committed.write_text(json.dumps(earlier(before)))
    code = command.main(["--against", str(committed), "--json", str(written)])
    return code, json.loads(written.read_text())


@pytest.mark.parametrize(("before", "code"), [(3.0, 0), (30.0, 1)])
def test_command_writes_what_it_measured_and_judges_it(monkeypatch, tmp_path, before, code):
    found, written = run(monkeypatch, tmp_path, [3.0] * 5, before)
    assert found == code
    assert written["rows"][0]["values"] == [3.0] * 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["no such row"], "NAME='no such row'"), (["--rounds", "0"], "--rounds=0"),
     (["--against", "no/such/file.json"], "--against=no/such/file.json")],
)  # fmt: skip
def test_bad_usage_is_told_in_one_sentence(capsys, arguments, message):
    assert command.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_committed_results_name_rows_that_exist():
    names = {row.name for row in command.all_rows()}
    committed = json.loads(command.COMMITTED.read_text(encoding="utf-8"))
    assert {record["name"] for record in committed["rows"]} <= names


def test_exponent_is_one_where_cost_is_linear():
    sizes = (1, 2, 4, 8)
    assert scaling.exponent(sizes, [3.0 * n for n in sizes]) == pytest.approx(1)
    assert scaling.exponent(sizes, [3.0 * n**2 for n in sizes]) == pytest.approx(2)
