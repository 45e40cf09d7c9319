"""The store of a sweep: a SQLite file with one row a cell, written in a transaction when the cell is done.

Several processes may share a store. Each claims cells before it measures them and keeps its claims alive; the
claims of a process that died on this machine are void at once, those of another machine after a while without
a sign of life. A claim saves double work and guards nothing: were a cell measured twice, the second row,
equal to the first, would be ignored.
"""

import contextlib
import hashlib
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

from numerics.sweep_records import CellSpec, Row
from proofs_check.files import check_output
from proofs_check.owners import has_died, new_owner
from proofs_check.usage import UsageError

# Written into the file's header, by which SQLite lets a program know its own files: "rvsc".
APPLICATION_ID = 0x72767363
BUSY_SECONDS = 60.0  # how long to wait for another process' transaction
LEASE_SECONDS = 120.0  # after this without a sign of life a claim is void
_SQL_TYPES = {int: "INTEGER", float: "REAL", str: "TEXT"}
COLUMNS: Mapping[str, type] = MappingProxyType(
    {
        field.name: next(
            kind for kind in getattr(field.type, "__args__", (field.type,)) if kind in _SQL_TYPES
        )
        for field in fields(Row)
    }
)
_ROW = ", ".join(f"{name} {_SQL_TYPES[kind]}" for name, kind in COLUMNS.items())
_TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE cells (key TEXT PRIMARY KEY, position INTEGER UNIQUE, state TEXT NOT NULL, owner TEXT, "
    "alive REAL, error TEXT)",
    "CREATE INDEX cells_by_state ON cells (state, owner, position)",
    f"CREATE TABLE rows (key TEXT PRIMARY KEY, {_ROW})",
)
_INSERT = f"INSERT OR IGNORE INTO rows VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"


def package_version() -> str:
    """Version of this package, which a store remembers."""
    try:
        return version("rvscgd")
    except PackageNotFoundError:
        return "(not installed)"


class Store:
    """A connection to a store, for one thread."""

    def __init__(self, path: Path, mode: str = "rwc", owner: str | None = None) -> None:
        self.path = path
        self.owner = owner or new_owner()
        with self._told():
            # Transactions are begun by hand.
            self._db = sqlite3.connect(
                f"{path.as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None
            )

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn a full disk, a read-only folder or a damaged file into a sentence."""
        try:
            yield
        except sqlite3.Error as error:
            raise UsageError(
                f"--store={self.path}, the store cannot be used ({error}); the cells in it are kept"
            ) from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._told():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction already.
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def _identity(self) -> dict[str, str] | None:
        """What the store says about itself; None for a new file."""
        if not self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return None
        if self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise UsageError(
                f"--store={self.path}, a store of `rvscgd sweep` is required, this is another database"
            )
        return dict(self._db.execute("SELECT name, value FROM about"))

    def prepare(self, cells: Sequence[CellSpec], seed: int, source: str, resume: bool) -> None:
        """Create the tables, or check that they are those of the same sweep.

        Raises
        ------
        UsageError
            If the store holds another seed, version or set of cells, or rows and ``resume`` is false.
        """
        keys = [spec.key for spec in cells]
        wanted = {
            "seed": str(seed),
            "version": package_version(),
            "cells": hashlib.sha256("".join(keys).encode()).hexdigest(),
            "columns": " ".join(COLUMNS),
        }
        with self._transaction() as db:
            found = self._identity()
            if found is None:
                for statement in (*_TABLES, f"PRAGMA application_id = {APPLICATION_ID}"):
                    db.execute(statement)
                db.executemany("INSERT INTO about VALUES (?, ?)", {**wanted, "source": source}.items())
                rows = ((key, number) for number, key in enumerate(keys))
                db.executemany("INSERT INTO cells VALUES (?, ?, 'open', NULL, NULL, NULL)", rows)
                return
            self._refuse_other(found, wanted, source)
            done = self._count("done")
            if done and not resume:
                raise UsageError(
                    f"--store={self.path} holds {done} of {len(keys)} cells of this sweep; "
                    "give --resume to go on with it, or another file"
                )
            db.execute("UPDATE cells SET state = 'open', error = NULL WHERE state = 'failed'")

    def _refuse_other(self, found: Mapping[str, str], wanted: Mapping[str, str], source: str) -> None:
        rules = {
            "version": "was written by rvscgd {found}, this is rvscgd {wanted}",
            "columns": "was written by another state of rvscgd",
            "seed": "holds a sweep with --seed {found}, not {wanted}",
            "cells": f"holds another sweep, of {found['source']}, than {source}",
        }
        for name, rule in rules.items():
            if found.get(name) != wanted[name]:
                told = rule.format(found=found.get(name), wanted=wanted[name])
                raise UsageError(f"--store={self.path} {told}; give another file")

    def about(self) -> dict[str, str]:
        """Return the store's seed, version and source, for reading it.

        Raises
        ------
        UsageError
            If it is no store of a sweep, or its rows have other columns than this version's.
        """
        with self._told():
            found = self._identity()
        if found is None:
            raise UsageError(
                f"--store={self.path}, a store of `rvscgd sweep` is required, this file is empty"
            )
        if found["columns"] != " ".join(COLUMNS):
            raise UsageError(
                f"--store={self.path} was written by rvscgd {found['version']}, with other columns"
            )
        return found

    def claim(self, most: int) -> list[str]:
        """Claim up to ``most`` open cells that nobody else has, in the order of the design; their keys."""
        with self._transaction() as db:
            return self._claim(db, most)

    def _claim(self, db: sqlite3.Connection, most: int) -> list[str]:
        if not most:
            return []
        self._void_the_dead(db)
        query = "SELECT key FROM cells WHERE state = 'open' AND owner IS NULL ORDER BY position LIMIT ?"
        keys = [key for (key,) in db.execute(query, (most,))]
        sign = ((self.owner, time.time(), key) for key in keys)
        db.executemany("UPDATE cells SET owner = ?, alive = ? WHERE key = ?", sign)
        return keys

    def _void_the_dead(self, db: sqlite3.Connection) -> None:
        query = (
            "SELECT owner, max(alive) FROM cells WHERE state = 'open' AND owner IS NOT NULL GROUP BY owner"
        )
        for owner, alive in db.execute(query).fetchall():
            if owner != self.owner and (has_died(owner) or alive < time.time() - LEASE_SECONDS):
                db.execute("UPDATE cells SET owner = NULL WHERE owner = ? AND state = 'open'", (owner,))

    def keep_alive(self) -> None:
        """Renew the claims of this owner."""
        with self._transaction() as db:
            db.execute(
                "UPDATE cells SET alive = ? WHERE owner = ? AND state = 'open'", (time.time(), self.owner)
            )

    def release(self) -> None:
        """Give up the claims of this owner."""
        with self._transaction() as db:
            db.execute("UPDATE cells SET owner = NULL WHERE owner = ? AND state = 'open'", (self.owner,))

    def finish(self, row: Row, claim: int = 0) -> list[str]:
        """Write a row and mark its cell as done, both or neither; claim other cells on the same occasion."""
        with self._transaction() as db:
            db.execute(_INSERT, (row.key, *astuple(row)))
            db.execute("UPDATE cells SET state = 'done' WHERE key = ?", (row.key,))
            return self._claim(db, claim)

    def fail(self, key: str, sentence: str, claim: int = 0) -> list[str]:
        """Mark a cell as failed, unless another process has finished it; ``--resume`` tries it again."""
        with self._transaction() as db:
            db.execute(
                "UPDATE cells SET state = 'failed', error = ? WHERE key = ? AND state = 'open'",
                (sentence, key),
            )
            return self._claim(db, claim)

    def _count(self, state: str) -> int:
        number: int = self._db.execute("SELECT count(*) FROM cells WHERE state = ?", (state,)).fetchone()[0]
        return number

    def counts(self) -> dict[str, int]:
        """Numbers of cells by state: open, done, failed."""
        with self._told():
            return {state: self._count(state) for state in ("open", "done", "failed")}

    def failures(self) -> list[tuple[str, str]]:
        """Keys and sentences of the cells that failed, in the order of the design."""
        with self._told():
            query = "SELECT key, error FROM cells WHERE state = 'failed' ORDER BY position"
            return self._db.execute(query).fetchall()

    def rows(self) -> list[Row]:
        """All rows, in the order of the design."""
        with self._told():
            names = ", ".join(f"rows.{name}" for name in COLUMNS)
            query = f"SELECT {names} FROM rows JOIN cells USING (key) ORDER BY position"
            found: list[tuple[Any, ...]] = self._db.execute(query).fetchall()
        return [Row(*values) for values in found]


def read_store(path: str) -> tuple[dict[str, str], dict[str, int], list[Row]]:
    """Read a store: what it says of itself, the numbers of its cells by state, and its rows.

    Raises
    ------
    UsageError
        If there is no such file, or it is no store of this version.
    """
    target = check_output("--store", path)
    if not target.exists():
        raise UsageError(f"--store={path}, a store of `rvscgd sweep` that exists is required")
    with contextlib.closing(Store(target, "rw")) as store:
        return store.about(), store.counts(), store.rows()
