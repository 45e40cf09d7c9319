"""The calibration program tells a right law from a wrong one, and runs the checks of the ledger."""

import json

import numpy as np
import pytest

from benchmarks import calibration
from benchmarks.calibration import in_order, main, row, worst
from proofs_check.claims import networks

UNIFORM = np.sort(np.random.default_rng(1).uniform(size=100_000))


def test_uniform_tails_are_in_order_and_counted():
    one = row("uniform", UNIFORM)
    assert in_order([one])
    assert worst([one]) >= calibration.LEVEL
    assert one["below"]["0.01"] == np.sum(UNIFORM < 0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        UNIFORM**1.02,
        # Right for all but the small ones, which a test of the whole law does not see.
        np.where(UNIFORM < 1e-3, UNIFORM / 2, np.where(UNIFORM < 2e-3, UNIFORM / 2, UNIFORM)),
        # One false alarm.
        np.concatenate([[1e-10], UNIFORM[1:]]),
    ],
    ids=["whole", "small", "alarm"],
)
def test_tails_with_another_law_or_an_alarm_are_rejected(wrong):
    assert not in_order([row("right", UNIFORM), row("wrong", np.sort(wrong))])


def test_scores_of_a_check_of_the_ledger_are_tails_that_depend_on_the_seed_alone():
    first = calibration._block("half-space-probability", [0, 1], 500)
    assert len(first) == 2 * len(networks.DESIGNS)
    assert all(0 <= tail <= 1 for tail in first)
    assert calibration._block("half-space-probability", [1], 500) == first[len(first) // 2 :]
    assert len(calibration._checks()) >= 20


def test_table_and_json_tell_the_same(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(calibration, "measure", lambda *_: [("half-space-probability", [0.5, 0.2])])
    checks = {"half-space-probability": None}
    monkeypatch.setattr(calibration, "_checks", lambda: checks)
    assert main(["--json", str(tmp_path / "found.json")]) == 0
    document = json.loads((tmp_path / "found.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in document["rows"]] == ["half-space-probability", "all"]
    assert document["in_order"]
    assert "in order: smallest p-value 1 of 8 tests" in capsys.readouterr().out


@pytest.mark.parametrize(("option", "value"), [("--seeds", "0"), ("--samples", "99"), ("--workers", "0")])
def test_bad_usage_is_one_sentence_and_exit_code_two(option, value, capsys):
    assert main([option, value]) == 2
    assert f"{option}={value}" in capsys.readouterr().err
