"""The command, with cells that take no time: for tests of what becomes of rows, whatever is in them.

A row depends on its cell and on the seed, so that one that is lost, doubled or another's is seen. The cell
that the environment variable STUCK names by its key is not done before there is the file that GATE names.
Worker processes import the file of the main program, and so this one; those of Dask preload it.
"""

import os
import sys
import time
from dataclasses import asdict, fields

import numpy as np

from numerics import sweep
from numerics.sweep_records import CellSpec, Row


def measure(spec: CellSpec, seed: int) -> Row:
    """Stand in for `numerics.sweep.measure`."""
    time.sleep(0.005)
    while spec.key == os.environ.get("STUCK") and not os.path.exists(os.environ.get("GATE", "")):
        time.sleep(0.05)
    rng = np.random.default_rng([seed, int(spec.key, 16)])
    found = {
        field.name: int(rng.integers(1000)) if field.type is int else float(rng.uniform())
        for field in fields(Row)
        if field.name not in CellSpec.__dataclass_fields__
    }
    return Row(**{**asdict(spec), **found, "seed": seed, "violations": 0, "predicted_support": 0})


def dask_setup(_: object) -> None:
    """Let a worker of Dask measure so."""
    sweep.measure = measure


if __name__ in ("__main__", "__mp_main__"):
    sweep.measure = measure
if __name__ == "__main__":
    from proofs_check import cli

    sys.exit(cli.main(sys.argv[1:]))
