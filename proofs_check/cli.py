"""The command ``rvscgd``: reads the arguments, runs one subcommand, turns failures into exit codes.

Only argparse is imported before a subcommand runs, so that help costs no more than Python's own start.
"""

import argparse
import gc
import math
import os
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from proofs_check.commands import compare, explain, formulas, sweep, verify
from proofs_check.memory import collected_seldom, remember_more
from proofs_check.usage import UsageError

OUT_OF_ORDER = 1
BAD_USAGE = 2
# The shell's convention: 128 and the number of the signal.
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13
TERMINATED = 128 + 15
ONCE_SECONDS = 1.0

_DESCRIPTION = """\
Machine verification of the theory of relaxed variable splitting coarse gradient descent (RVSCGD)
for networks with binarized activation and sparse weights (Dinh and Xin, arXiv 1901.09731)."""

_EXAMPLES = """\
examples:
  rvscgd formulas wedge-probability    derive and print one closed form
  rvscgd verify                        check every claim by every means
  rvscgd explain A5                    show all that is known of a claim
  rvscgd compare                       run RVSCGD and compare its errors with the bounds
  rvscgd sweep grid.toml --store FILE  do so for thousands of parameters, on many machines

exit codes: 0 all is in order, 1 a claim is not, 2 bad usage, 130 interrupted, 143 terminated.
`rvscgd SUBCOMMAND --help` explains one of them."""


class _Terminated(KeyboardInterrupt):
    """The process was asked to end, by a service manager or `timeout`: as good a reason to stop as Ctrl-C."""


class _Version(argparse.Action):
    """Look the version up only when it is asked for: the look-up costs more than the help."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("rvscgd")
        except PackageNotFoundError:
            number = "(not installed)"
        print(f"rvscgd {number}")
        parser.exit()


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the command and of its subcommands."""
    parser = argparse.ArgumentParser(
        prog="rvscgd",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    subparsers = parser.add_subparsers(
        title="subcommands", metavar="SUBCOMMAND", dest="command", required=True
    )
    for module in (formulas, verify, explain, compare, sweep):
        module.add_parser(subparsers)
    return parser


def command() -> NoReturn:
    """Be the process of the command: run it and leave."""
    remember_more()
    code = main()
    # Or the collector would visit every expression once more before the system frees them all at once.
    gc.freeze()
    sys.exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, by default those of the process.

    Returns
    -------
    int
        Exit code of the subcommand, 2 for a wrong argument, 130 if interrupted, 143 if terminated, 141 if
        the reader of the output has gone.
    """
    _survive_narrow_encodings()
    arguments = build_parser().parse_args(argv)
    try:
        with _terminable(), collected_seldom():
            code: int = arguments.run(arguments)
        # Here and not at the interpreter's exit, where a closed pipe could no longer be caught.
        sys.stdout.flush()
    except UsageError as error:
        print(f"rvscgd {arguments.command}: {error}", file=sys.stderr)
        return BAD_USAGE
    except BrokenPipeError:
        # What is still buffered has to go somewhere, or the interpreter complains when it leaves.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except ArithmeticError as error:
        from theory.derivation import DerivationError

        if not isinstance(error, DerivationError):
            raise
        print(f"rvscgd {arguments.command}: {error}", file=sys.stderr)
        return OUT_OF_ORDER
    except KeyboardInterrupt as interrupt:
        terminated = isinstance(interrupt, _Terminated)
        print(f"rvscgd {arguments.command}: {'terminated' if terminated else 'interrupted'}", file=sys.stderr)
        return TERMINATED if terminated else INTERRUPTED
    return code


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM interrupt the work; what it does to the process before and after is left as it was."""
    last = -math.inf

    def terminate(*_: object) -> None:
        nonlocal last
        before, last = last, time.monotonic()
        # GNU timeout sends it to its child, and at once again to the whole group: once is meant, and the
        # second must not interrupt the writing of what is kept.
        if last - before > ONCE_SECONDS:
            raise _Terminated

    try:
        before = signal.signal(signal.SIGTERM, terminate)
    except ValueError:  # not in the main thread, which alone receives signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


def _survive_narrow_encodings() -> None:
    """Let a terminal without θ show an escape in its place rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
