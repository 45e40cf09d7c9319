"""The rows of a store as CSV or Parquet, the columns as they are in `numerics.sweep_records.Row`."""

import csv
import io
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from numerics.sweep_records import Row
from proofs_check.sweep_store import COLUMNS
from proofs_check.usage import UsageError

KINDS = (".csv", ".parquet")


def check_kind(path: str) -> str:
    """Return the ending of an export's name, if rows can be written so here.

    Raises
    ------
    UsageError
        If the ending is unknown, or pyarrow is missing for Parquet.
    """
    kind = Path(path).suffix
    if kind not in KINDS:
        raise UsageError(f"--export={path}, a name that ends in {' or '.join(KINDS)} is required")
    if kind == ".parquet":
        _parquet(path)
    return kind


def _parquet(path: str) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(
            f"--export={path}, pyarrow is required: pip install 'rvscgd[parquet]' ({error})"
        ) from error
    return pyarrow, pyarrow.parquet


def export(rows: Sequence[Row], kind: str) -> bytes:
    """Return rows as the contents of a file; its first column is the cell's key.

    Parameters
    ----------
    rows : sequence of Row
    kind : {".csv", ".parquet"}
        CSV has an empty field for None, and floats with all their digits.
    """
    return _as_csv(rows) if kind == ".csv" else _as_parquet(rows)


def _as_csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["key", *COLUMNS])
    writer.writerows([row.key, *astuple(row)] for row in rows)
    return text.getvalue().encode()


def _as_parquet(rows: Sequence[Row]) -> bytes:
    arrow, parquet = _parquet(".parquet")
    types = {int: arrow.int64(), float: arrow.float64(), str: arrow.string()}
    schema = arrow.schema([("key", types[str]), *((name, types[kind]) for name, kind in COLUMNS.items())])
    names = ["key", *COLUMNS]
    table = arrow.table({name: [getattr(row, name) for row in rows] for name in names}, schema=schema)
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()
