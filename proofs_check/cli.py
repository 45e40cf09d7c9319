"""The command ``rvscgd``: reads the arguments, runs one subcommand, turns failures into exit codes.

Only argparse is imported before a subcommand runs, so that help costs no more than Python's own start.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from proofs_check.commands import compare, explain, formulas, sweep, verify

OUT_OF_ORDER = 1
BAD_USAGE = 2
# The shell's convention: 128 and the number of the signal.
INTERRUPTED = 128 + 2
BROKEN_PIPE = 128 + 13

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

exit codes: 0 all is in order, 1 a claim is not, 2 bad usage, 130 interrupted.
`rvscgd SUBCOMMAND --help` explains one of them."""


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


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments, by default those of the process.

    Returns
    -------
    int
        Exit code of the subcommand, 2 for a wrong argument, 130 if interrupted, 141 if the reader of the
        output has gone.
    """
    _survive_narrow_encodings()
    arguments = build_parser().parse_args(argv)
    try:
        code: int = arguments.run(arguments)
        # Here and not at the interpreter's exit, where a closed pipe could no longer be caught.
        sys.stdout.flush()
    except ValueError as error:
        print(f"rvscgd {arguments.command}: {error}", file=sys.stderr)
        return BAD_USAGE
    except BrokenPipeError:
        # What is still buffered has to go somewhere, or the interpreter complains when it leaves.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:  # a disk that is full, a folder that went away during the work
        print(f"rvscgd {arguments.command}: {error.filename}, {error.strerror}", file=sys.stderr)
        return BAD_USAGE
    except ArithmeticError as error:
        from theory.derivation import DerivationError

        if not isinstance(error, DerivationError):
            raise
        print(f"rvscgd {arguments.command}: {error}", file=sys.stderr)
        return OUT_OF_ORDER
    except KeyboardInterrupt:
        print(f"rvscgd {arguments.command}: interrupted", file=sys.stderr)
        return INTERRUPTED
    return code


def _survive_narrow_encodings() -> None:
    """Let a terminal without θ show an escape in its place rather than end the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
