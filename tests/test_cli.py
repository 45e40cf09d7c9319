"""The command line: cheap help, honest exit codes, one sentence for a wrong argument."""

import gc
import io
import os
import resource
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from proofs_check import cli
from proofs_check.commands import formulas
from proofs_check.memory import REMEMBERED
from proofs_check.usage import UsageError

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "proofs_check"]
HELPS = [["--help"], ["formulas", "--help"], ["verify", "--help"], ["compare", "--help"], ["sweep", "--help"]]
# A section asked for by its name spares the derivation of the others.
SECTION = "loss"
HEAVY = {
    "sympy", "mpmath", "numpy", "scipy", "hypothesis", "matplotlib", "rich", "z3", "flint",
    "theory", "numerics",
}  # fmt: skip


@cache
def command(*arguments):
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
    )


def cpu_seconds(*arguments):
    """Processor time of a run of Python."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@cache
def cpu_seconds_of_nothing():
    return min(cpu_seconds("-c", "pass") for _ in range(3))


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_imports_nothing_that_computes(arguments):
    script = (
        "import sys\nfrom proofs_check.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as leaving:\n    assert leaving.code == 0\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "argparse" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_costs_at_most_three_tenths_of_a_second_more_than_python_itself(arguments):
    # The least of three runs, of which one that is short enough decides.
    most = cpu_seconds_of_nothing() + 0.3
    assert any(cpu_seconds("-m", "proofs_check", *arguments) < most for _ in range(3))


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_help_says_what_is_done_and_gives_an_example(arguments):
    done = command(*arguments)
    assert done.returncode == 0
    assert "rvscgd" in done.stdout
    assert "example" in done.stdout.lower()


def test_top_level_help_names_every_subcommand():
    text = command("--help").stdout
    assert all(f"rvscgd {name}" in text for name in ("formulas", "verify", "compare", "sweep"))


def test_version_is_printed():
    done = command("--version")
    assert (done.returncode, done.stdout.split()[0]) == (0, "rvscgd")


@pytest.mark.parametrize("arguments", [[], ["prove"], ["formulas", "--format", "word"], ["--formulas"]])
def test_wrong_arguments_leave_with_2_and_no_traceback(arguments, capsys):
    with pytest.raises(SystemExit) as leaving:
        cli.main(arguments)
    assert leaving.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "rvscgd" in err
    assert "Traceback" not in err


def test_usage_error_becomes_one_sentence_and_exit_code_2(monkeypatch, capsys):
    def refuse(arguments):
        raise UsageError("d=1, at least 2 is required")

    monkeypatch.setattr(formulas, "run", refuse)
    assert cli.main(["formulas"]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "rvscgd formulas: d=1, at least 2 is required\n")


@pytest.mark.parametrize("defect", [ValueError, ZeroDivisionError, FileNotFoundError, KeyError])
def test_a_defect_of_the_program_is_not_hidden_as_bad_usage(defect, monkeypatch):
    def break_down(arguments):
        raise defect

    monkeypatch.setattr(formulas, "run", break_down)
    # Python then prints the traceback, and leaves with 1.
    with pytest.raises(defect):
        cli.main(["formulas"])


def test_interrupt_leaves_with_130(monkeypatch, capsys):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(formulas, "run", interrupt)
    assert cli.main(["formulas"]) == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 1])
def test_exit_code_of_the_subcommand_is_that_of_the_command(monkeypatch, code):
    monkeypatch.setattr(formulas, "run", lambda _: code)
    assert cli.main(["formulas"]) == code


def test_reader_that_leaves_early_causes_no_noise():
    reader, writer = os.pipe()
    os.close(reader)
    # With the buffer of an ordinary user, which is written when the command has ended.
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [*COMMAND, "formulas", SECTION],
        cwd=ROOT, env=buffered, stdout=writer, stderr=subprocess.PIPE, check=False,
    )  # fmt: skip
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


def test_terminal_without_greek_letters_gets_escapes(monkeypatch, capsys):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", terminal)
    assert cli.main(["formulas", SECTION]) == 0
    assert rb"\u03b8" in terminal.buffer.getvalue()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("told", [None, "123"])
def test_sympy_remembers_more_in_the_process_of_the_command_unless_it_is_told_how_much(monkeypatch, told):
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(cli, "main", lambda: int(os.environ["SYMPY_CACHE_SIZE"]))
    if told is None:
        monkeypatch.delenv("SYMPY_CACHE_SIZE")
    else:
        monkeypatch.setenv("SYMPY_CACHE_SIZE", told)
    with pytest.raises(SystemExit) as ended:
        cli.command()
    assert ended.value.code == int(told or REMEMBERED["SYMPY_CACHE_SIZE"])


def test_the_garbage_collector_comes_as_often_after_a_command_as_before(monkeypatch):
    seen = []
    monkeypatch.setattr(formulas, "run", lambda _: seen.append(gc.get_threshold()) or 0)
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    try:
        assert cli.main(["formulas"]) == 0
        assert gc.get_threshold() == (700, 10, 10)
    finally:
        gc.set_threshold(*before)
    assert seen[0][0] > 700
