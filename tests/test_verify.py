"""``rvscgd verify``: the whole ledger is in order, and its outputs say so to people and machines."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from proofs_check.cli import main
from tests.processes import running

DECIDED = 3  # claims of the small ledger

ROOT = Path(__file__).resolve().parents[1]
LABELS = {"G1", "G2", "G3", "G4", "G5", "G6", "L1", "L2", "L3", "L4", "L5", "L6", "L8", "P1", "P2", "P3"}
LABELS |= {"A1", "A4", "A5", "A6", "A8", "A9", "A10", "A11", "A12", "A13"}
SMALL = [sys.executable, str(ROOT / "tests" / "small_ledger.py"), "verify"]
# The whole ledger, by workers that are forked from the process that has derived it. Those of users are forked
# from a server that derives it once more, as are those of the small ledger.
WHOLE = """
import multiprocessing, sys
from proofs_check import cli, starting
starting.start_method = lambda: multiprocessing.get_context("fork")
sys.exit(cli.main(["verify", *sys.argv[1:]]))
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verdicts")
    files = ("--json", str(folder / "verdicts.json"), "--junit", str(folder / "verdicts.xml"))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    line = [sys.executable, "-c", WHOLE, *files]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done, json.loads((folder / "verdicts.json").read_text(encoding="utf-8")), folder / "verdicts.xml"


def test_every_claim_is_in_order(whole):
    done, document, _ = whole
    assert done.returncode == 0, done.stdout + done.stderr
    assert document["summary"]["in_order"] == document["summary"]["total"] == len(document["claims"])
    assert {claim["label"] for claim in document["claims"]} >= LABELS


def test_every_claim_that_holds_is_exact_unless_it_says_why_not(whole):
    for claim in whole[1]["claims"]:
        if claim["expected"] == "holds" and not claim["sampled_because"]:
            assert claim["status"] == "exact", claim["id"]


def test_every_planted_error_is_refuted_and_every_claim_plants_two(whole):
    for claim in whole[1]["claims"]:
        planted = [control for control in claim["controls"] if not control["holds"]]
        assert len(planted) >= 2
        assert all(control["refuted_by"] for control in planted), claim["id"]


def test_json_holds_what_a_reader_needs(whole):
    document = whole[1]
    assert {"claims", "seed", "effort", "versions", "summary"} <= set(document)
    fields = {"id", "label", "statement", "latex", "provenance", "source", "uses", "expected", "status"}
    fields |= {"in_order", "seconds", "evidence", "controls", "trust", "example", "sampled_because"}
    for claim in document["claims"]:
        assert fields <= set(claim)
        assert "{subject}" not in claim["statement"]
        for piece in claim["evidence"]:
            assert set(piece) == {"kind", "strength", "shows", "verdict", "witness", "code"}


def test_table_has_a_row_for_every_claim_and_a_summary(whole):
    done, document, _ = whole
    for claim in document["claims"]:
        assert claim["id"] in done.stdout
    assert "claims in order" in done.stdout.splitlines()[-1]


def test_junit_has_a_case_for_every_claim(whole):
    suite = ElementTree.parse(whole[2]).getroot()
    assert len(suite.findall("testcase")) == len(whole[1]["claims"])
    assert suite.get("failures") == "0"


def test_same_seed_gives_the_same_verdicts_and_another_seed_other_witnesses(whole, tmp_path, capsys):
    def judged(document):
        """The two claims but for their seconds and for the trust in claims not judged with them."""
        chosen = [one for one in document["claims"] if "G2" in one["label"] or one["id"] == "l0-error-bound"]
        return [
            {key: value for key, value in one.items() if key not in ("seconds", "trust")} for one in chosen
        ]

    # The verdicts on the whole ledger are from other processes, where sets are in another order.
    documents = [whole[1]]
    for seed in ("0", "1"):
        path = tmp_path / seed
        assert main(["verify", "G2", "l0-error-bound", "--seed", seed, "--json", str(path)]) == 0
        documents.append(json.loads(path.read_text(encoding="utf-8")))
    first, again, other = map(judged, documents)
    assert len(first) > 1
    assert first == again
    assert [one["id"] for one in first] == [one["id"] for one in other]
    assert first != other
    assert [one["seed"] for one in documents] == [0, 0, 1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["G22"], "nearest"),
        (["--seed", "-1"], "--seed=-1"),
        (["--seed", "one"], "--seed"),
        (["--effort", "huge"], "--effort"),
        (["--json", "."], "folder"),
        (["--json", ""], "--json='', the name of a file"),
        (["--json", "missing/verdicts.json"], "--json"),
        (["--json", "same", "--junit", "same"], "two files"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_code_two(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    try:
        code = main(["verify", *arguments])
    except SystemExit as leaving:  # what argparse itself refuses
        code = leaving.code
    assert code == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.fixture
def begun(tmp_path):
    """A run on several workers, in a group of its own, some of which wait for a check, and its JSON."""
    target = tmp_path / "verdicts.json"
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    pipes["env"] = {**os.environ, "PYTHONPATH": path}
    line = [*SMALL, "--json", str(target)]
    with subprocess.Popen(line, start_new_session=True, **pipes) as process:
        for number in range(1, DECIDED + 1):
            assert process.stderr.readline().startswith(f"{number}/")
        yield process, target
        process.communicate(timeout=60)
    # Neither a worker nor the server that they are forked from outlives the run.
    for _ in range(200):
        if not running(process.pid):
            return
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    pytest.fail("some process outlives the run")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_keeps_what_is_finished_and_marks_the_rest_as_not_run(begun, number, code):
    process, target = begun
    # To the whole group, as a terminal and a service manager do; and twice, as GNU timeout does.
    os.killpg(process.pid, number)
    if number == signal.SIGTERM:
        process.send_signal(number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code
    assert "Traceback" not in said
    document = json.loads(target.read_text(encoding="utf-8"))
    states = {claim["status"] for claim in document["claims"]}
    assert "not run" in states
    assert len(states) > 1
    assert "error" not in states


def test_workers_end_with_a_process_that_is_killed(begun):
    begun[0].kill()


def test_show_proof_prints_what_the_solver_decided_before_the_summary(capsys):
    assert main(["verify", "l0-stationary-branch-is-global-minimum", "--show-proof"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("(check-sat)") == 4
    assert "claims in order" in shown.splitlines()[-1]


def test_show_proof_survives_a_missing_solver(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "z3", None)
    assert main(["verify", "l0-stationary-branch-is-global-minimum", "--show-proof"]) == 1
    assert "no proof by smt" in capsys.readouterr().out
