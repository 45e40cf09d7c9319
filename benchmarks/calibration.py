"""``python -m benchmarks.calibration``: the laws of the Monte Carlo scores, measured under many seeds.

Every Monte Carlo check of the ledger scores its claim under each seed, with new networks and new samples. The
claims are true, so that the tail probability of each score is uniform, if the law that the check assumes is
the law that it has. Three things are tested for each claim and for all scores together, at a level that they
share by Bonferroni's inequality: that the tails are uniform (Kolmogorov and Smirnov), and that as many lie
below 0.1, 0.01 and 0.001 as should (exact binomial). An alarm of the ledger's own level is reported as false.

Samples are fewer than in ``rvscgd verify``: the law gets closer to its limit with their number, so that this
is the harder test. The budget of verify, 1e-9 a comparison, is far below what can be counted: that the tail
goes on as it begins is an argument (see `proofs_check.evidence.scores`), not a measurement.
"""

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from proofs_check.context import Context
from proofs_check.evidence.scores import FALSE_ALARM
from proofs_check.files import check_output, write_whole
from proofs_check.ledger import comparisons, ledger
from proofs_check.records import Claim

Array = NDArray[np.float64]
Tails = Callable[[Claim, np.random.Generator, int], Sequence[float]]

# Shared by all tests of one calibration.
LEVEL = 1e-3
TAILS = (1e-1, 1e-2, 1e-3)
BLOCK = 25
_EPILOG = """\
examples:
  python -m benchmarks.calibration                       about five minutes on two cores
  python -m benchmarks.calibration --seeds 100 --json calibration.json

exit codes: 0 all laws are as stated; 1 some law is not, or an alarm was false; 2 bad usage."""


@cache
def _checks() -> dict[str, tuple[Claim, Tails]]:
    """The Monte Carlo checks of the ledger by their claims' ids, with a number where a claim has several."""
    found = [
        (claim, piece.comparisons.tails)
        for claim in ledger()
        for piece in claim.evidence
        if piece.comparisons is not None and piece.comparisons.tails is not None
    ]
    ids = [claim.id for claim, _ in found]
    return {
        f"{claim.id}{'' if ids.count(claim.id) == 1 else f' {k}'}": (claim, tails)
        for k, (claim, tails) in enumerate(found)
    }


def _block(name: str, seeds: Sequence[int], samples: int) -> list[float]:
    """Tail probabilities of one check under some seeds."""
    claim, tails = _checks()[name]
    rows = (tails(claim, Context(seed).rng("calibration", name), samples) for seed in seeds)
    return [tail for row in rows for tail in row]


def measure(seeds: int, samples: int, workers: int) -> Iterator[tuple[str, list[float]]]:
    """Tail probabilities of every check, a block of seeds at a time, in whatever order they are done."""
    start = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=start) as pool:
        pending = {
            pool.submit(_block, name, block, samples): name
            for name in _checks()
            for block in (range(seeds)[k : k + BLOCK] for k in range(0, seeds, BLOCK))
        }
        for done in as_completed(pending):
            yield pending[done], done.result()


def row(name: str, tails: Array) -> dict[str, Any]:
    """What is reported of one check's tail probabilities; the p-values are not yet corrected."""
    below = {f"{level:g}": int(np.sum(tails < level)) for level in TAILS}
    return {
        "name": name,
        "scores": tails.size,
        "uniform": float(scipy.stats.kstest(tails, "uniform").pvalue),
        "below": below,
        "counts": {
            f"{level:g}": float(scipy.stats.binomtest(below[f"{level:g}"], tails.size, level).pvalue)
            for level in TAILS
        },
        "smallest": float(tails.min()),
        "false_alarms": int(np.sum(tails < FALSE_ALARM)),
    }


def worst(rows: Sequence[dict[str, Any]]) -> float:
    """Smallest p-value of all tests, corrected for their number."""
    values = [p for one in rows for p in (one["uniform"], *one["counts"].values())]
    return float(min(1.0, len(values) * min(values)))


def in_order(rows: Sequence[dict[str, Any]]) -> bool:
    """Whether no law is rejected at LEVEL and no alarm was false."""
    return worst(rows) >= LEVEL and not any(one["false_alarms"] for one in rows)


def lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The table."""
    width = max(len(one["name"]) for one in rows)
    heads = " ".join(f"{f'< {level:g}':>15}" for level in TAILS)
    yield f"{'claim':{width}} {'scores':>7} {heads} {'smallest':>9} {'KS p':>6}"
    for one in rows:
        counts = " ".join(
            f"{one['below'][f'{level:g}']:>6} of {level * one['scores']:>5.0f}" for level in TAILS
        )
        yield (
            f"{one['name']:{width}} {one['scores']:>7} {counts} "
            f"{one['smallest']:>9.1e} {one['uniform']:>6.3f}"
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    arguments = _parser().parse_args(argv)
    try:
        for name, least in (("seeds", 1), ("samples", 100), ("workers", 1)):
            if getattr(arguments, name) < least:
                raise ValueError(f"--{name}={getattr(arguments, name)}, at least {least} is required")
        path = None if arguments.json is None else check_output("--json", arguments.json)
    except ValueError as error:
        print(f"calibration: {error}", file=sys.stderr)
        return 2
    start = time.perf_counter()
    tails: dict[str, list[float]] = {name: [] for name in _checks()}
    for name, block in measure(arguments.seeds, arguments.samples, arguments.workers):
        tails[name] += block
    rows = [row(name, np.sort(found)) for name, found in tails.items()]
    rows.append(row("all", np.sort(np.concatenate([np.array(found) for found in tails.values()]))))
    print("\n".join(lines(rows)))
    good, corrected = in_order(rows), worst(rows)
    alarms = rows[-1]["false_alarms"]
    print(
        f"\n{'in order' if good else 'NOT in order'}: smallest p-value {corrected:.3g} of "
        f"{4 * len(rows)} tests after correction (rejected below {LEVEL:g}); {alarms} false alarms; "
        f"{arguments.seeds} seeds, {arguments.samples} samples, {time.perf_counter() - start:.0f} s"
    )
    if path is not None:
        document = {
            "seeds": arguments.seeds,
            "samples": arguments.samples,
            "comparisons_in_verify": comparisons(ledger()),
            "corrected_p": corrected,
            "in_order": good,
            "rows": rows,
        }
        write_whole(path, json.dumps(document, indent=2) + "\n")
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.calibration",
        description="Measure the laws of the Monte Carlo scores under many seeds.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--seeds", type=int, default=1000, metavar="N", help="default: 1000")
    add("--samples", type=int, default=10_000, metavar="N", help="samples of a comparison; default: 10000")
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="processes; default: all cores")
    add("--json", metavar="PATH", help="write the table as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
