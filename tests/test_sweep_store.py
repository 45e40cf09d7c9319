"""The store of a sweep: whole rows or none, one row a cell, and no other sweep's."""

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import astuple, replace

import pytest

from numerics.sweep import measure
from numerics.sweep_records import CellSpec
from proofs_check import owners, sweep_run, sweep_store
from proofs_check.sweep_run import carry_out
from proofs_check.sweep_store import Store
from proofs_check.usage import UsageError

FIRST = CellSpec("l1", "relu", 6, 2, 0.01, 1.0, 1.0, None, "random", None, 1, 2, 500, 0, None)
CELLS = tuple(replace(FIRST, starts=n) for n in (2, 3, 4, 5))


@pytest.fixture(scope="module")
def rows():
    return [measure(spec, 0) for spec in CELLS]


@pytest.fixture
def store(tmp_path):
    with closing(Store(tmp_path / "s.sqlite")) as opened:
        opened.prepare(CELLS, 0, "grid.toml", resume=False)
        yield opened


def another(store, resume=True, cells=CELLS, seed=0):
    opened = Store(store.path)
    opened.prepare(cells, seed, "other.toml", resume)
    return opened


def in_process(rows):
    """An executor that measures nothing."""
    by_key = {row.key: row for row in rows}

    def executor(take, seed):
        while specs := take(1):
            yield specs[0], by_key[specs[0].key]

    return executor


def test_rows_come_back_as_they_were_in_the_order_of_the_design(store, rows):
    for row in reversed(rows):
        store.finish(row)
    assert store.rows() == rows
    assert [list(map(type, astuple(r))) for r in store.rows()] == [list(map(type, astuple(r))) for r in rows]
    assert store.counts() == {"open": 0, "done": 4, "failed": 0}


def test_a_second_row_of_a_cell_is_ignored(store, rows):
    store.finish(rows[0])
    store.finish(replace(rows[0], trapped=99))
    assert store.rows() == rows[:1]


def test_cells_are_claimed_once_and_come_free_when_they_are_given_up(store):
    keys = [spec.key for spec in CELLS]
    with closing(another(store)) as second:
        assert (store.claim(3), second.claim(3), second.claim(1)) == (keys[:3], keys[3:], [])
        store.release()
        assert second.claim(9) == keys[:3]


def test_what_becomes_of_a_cell_is_written_with_the_claim_of_the_next(store, rows):
    statements = []
    store._db.set_trace_callback(statements.append)
    carry_out(store, CELLS, 0, in_process(rows), lambda _: None)
    assert store.rows() == rows
    # Besides, the claim of the first, the claim that finds no more, and the giving up.
    assert statements.count("COMMIT") == len(CELLS) + 3


@pytest.mark.parametrize(
    "end", [lambda s, r: s.finish(r, claim=2), lambda s, r: s.fail(r.key, "no", claim=2)]
)
def test_cells_claimed_with_the_end_of_another_are_nobody_elses(store, rows, end):
    assert store.claim(1) == [CELLS[0].key]
    assert end(store, rows[0]) == [spec.key for spec in CELLS[1:3]]
    with closing(another(store)) as other:
        assert other.claim(9) == [CELLS[3].key]


def test_claims_of_the_dead_are_void_and_those_of_the_living_are_not(store, monkeypatch):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = ("elsewhere/1/x", f"{socket.gethostname()}/{dead.pid}/x")
    for number, owner in enumerate(names):
        with closing(Store(store.path, "rw", owner)) as other:
            assert other.claim(1) == [CELLS[number].key]
    assert store.claim(9) == [spec.key for spec in CELLS[1:]]
    # A machine that gives no sign of life for long enough is taken for dead.
    monkeypatch.setattr(sweep_store.time, "time", lambda: 1e10)
    store.keep_alive()
    with closing(another(store)) as second:
        assert second.claim(9) == [CELLS[0].key]


def test_living_processes_of_other_users_are_not_taken_for_dead(monkeypatch):
    def refuse(pid, signal):
        raise PermissionError

    monkeypatch.setattr(os, "kill", refuse)
    assert not owners.has_died(f"{socket.gethostname()}/1/x")


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"seed": 1}, "holds a sweep with --seed 0, not 1; give another file"),
        ({"cells": CELLS[:3]}, "holds another sweep, of grid.toml, than other.toml; give another file"),
        (
            {"resume": False},
            "holds 1 of 4 cells of this sweep; give --resume to go on with it, or another file",
        ),
    ],
)
def test_another_sweep_is_refused_in_one_sentence(store, rows, change, rule):
    store.finish(rows[0])
    with pytest.raises(UsageError, match=rule) as caught:
        another(store, **change)
    assert str(caught.value) == f"--store={store.path} {rule}"


def test_a_store_of_another_version_is_refused(store, monkeypatch):
    monkeypatch.setattr(sweep_store, "package_version", lambda: "9.9")
    with pytest.raises(UsageError, match=r"was written by rvscgd .*, this is rvscgd 9\.9; give another file"):
        another(store)


def test_another_database_or_file_is_refused_and_left_as_it_is(tmp_path):
    other, text = tmp_path / "other.sqlite", tmp_path / "text"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE cells (x)")
    text.write_text("no database" * 100)
    for path, rule in ((other, "this is another database"), (text, "file is not a database")):
        before = path.read_bytes()
        for use in (lambda store: store.prepare(CELLS, 0, "g", resume=True), lambda store: store.about()):
            with closing(Store(path)) as store, pytest.raises(UsageError, match=rule):
                use(store)
        assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store_but_is_none_to_read(tmp_path):
    (tmp_path / "s").touch()
    with closing(Store(tmp_path / "s")) as store:
        with pytest.raises(UsageError, match="this file is empty"):
            store.about()
        store.prepare(CELLS, 0, "g", resume=False)
        assert store.about()["seed"] == "0"


def test_a_full_disk_is_a_sentence_and_keeps_what_is_there(store, rows):
    for row in rows[:2]:
        store.finish(row)
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    large = replace(rows[3], ste="x" * 100_000)
    with pytest.raises(UsageError, match=r"^--store=.*, the store cannot be used \(database or disk is full"):
        store.finish(large)
    store._db.execute("PRAGMA max_page_count = 100000")
    assert store.rows() == rows[:2]
    store.finish(rows[2])
    assert store.counts()["done"] == 3


def test_a_store_that_may_not_be_written_is_a_sentence(store, rows):
    with closing(Store(store.path, "ro")) as reader:
        assert reader.rows() == []
        with pytest.raises(UsageError, match="attempt to write a readonly database"):
            reader.finish(rows[0])


def test_an_interrupt_between_the_two_writes_of_a_row_leaves_neither(store, rows, monkeypatch):
    class Interrupted:
        def __init__(self, db):
            self.db, self.in_transaction = db, True

        def execute(self, text, *values):
            if text.startswith("UPDATE"):
                raise KeyboardInterrupt
            return self.db.execute(text, *values)

    with monkeypatch.context() as patch:
        patch.setattr(store, "_db", Interrupted(store._db))
        with pytest.raises(KeyboardInterrupt):
            store.finish(rows[0])
    assert store.rows() == []
    assert store.counts()["open"] == 4


def test_cells_that_fail_are_told_and_tried_again(store, rows):
    store.fail(CELLS[1].key, "w=0")
    store.finish(rows[0])
    store.fail(CELLS[0].key, "too late")
    assert store.failures() == [(CELLS[1].key, "w=0")]
    assert store.counts() == {"open": 2, "done": 1, "failed": 1}
    with closing(another(store)) as second:
        assert second.claim(9) == [spec.key for spec in CELLS[1:]]


def test_carrying_out_measures_what_is_missing_and_gives_up_its_claims(store, rows):
    store.finish(rows[2])
    seen = []
    carry_out(store, CELLS, 0, in_process(rows), lambda counts: seen.append(counts["done"]))
    assert store.rows() == rows
    assert seen == [2, 3, 4, 4]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt(), ValueError("gone")])
def test_an_executor_that_is_interrupted_leaves_no_claim(store, rows, trouble):
    def executor(take, seed):
        specs = take(3)
        yield specs[0], rows[0]
        raise trouble

    with pytest.raises(type(trouble)):
        carry_out(store, CELLS, 0, executor, lambda _: None)
    assert store.rows() == rows[:1]
    with closing(another(store)) as second:
        assert len(second.claim(9)) == 3


def test_cells_of_a_process_that_gives_up_are_taken_over(store, rows, monkeypatch):
    monkeypatch.setattr(sweep_run, "POLL_SECONDS", 0.01)
    other = another(store)
    other.claim(2)
    waited = threading.Event()

    def watch(counts):
        if counts["open"] == 2:  # all but those of the other
            other.release()
            waited.set()

    carry_out(store, CELLS, 0, in_process(rows), watch)
    other.close()
    assert waited.is_set()
    assert store.rows() == rows


def test_signs_of_life_are_given_while_a_cell_takes_long(store, rows, monkeypatch):
    monkeypatch.setattr(sweep_run, "LEASE_SECONDS", 0.06)
    given = threading.Event()
    monkeypatch.setattr(Store, "keep_alive", lambda _: given.set())

    def executor(take, seed):
        for spec, row in zip(take(4), rows, strict=True):
            assert given.wait(10)
            yield spec, row

    carry_out(store, CELLS, 0, executor, lambda _: None)
    assert store.rows() == rows
