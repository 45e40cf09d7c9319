"""The command with a ledger of its own: for tests of how it runs and ends, whatever the claims are.

The first claims are decided at once; no check of the others ever answers, so that a run cannot have ended
before it is interrupted. The server from which the workers are forked imports this module before any other,
and each worker imports the file of the main program.
"""

import sys
import time
from multiprocessing.context import BaseContext
from types import ModuleType, SimpleNamespace

from sympy import Integer


class NoTopics(ModuleType):
    """Stands in for the package of the claims, whose import takes as long as SymPy's."""

    def __getattr__(self, name: str) -> SimpleNamespace:
        if name.startswith("__"):
            raise AttributeError(name)
        return SimpleNamespace(claims=tuple)


sys.modules["proofs_check.claims"] = NoTopics("proofs_check.claims")

from proofs_check import ledger  # noqa: E402 - after what it must not import
from proofs_check.records import (  # noqa: E402
    Claim,
    Control,
    Evidence,
    Finding,
    Provenance,
    Source,
    Strength,
    Verdict,
)

DECIDED, WAITING = 3, 9


def says(claim: Claim, _: object) -> Finding:
    """Know that one and one is two."""
    return Finding(Verdict.SUPPORTS if claim.subject == 2 else Verdict.REFUTES, "seen")


def waits(claim: Claim, context: object) -> Finding:
    """Be long about it."""
    time.sleep(600)
    return says(claim, context)


def _claim(name: str, check: object, kind: str) -> Claim:
    return Claim(
        id=name,
        label=name,
        statement="One and one is {subject}.",
        source=Source(Provenance.FOLKLORE),
        subject=Integer(2),
        assumptions=(),
        example={},
        evidence=(Evidence(kind, Strength.EXACT, "a test", check),),
        controls=(Control("off by one", Integer(3)), Control("forgotten", Integer(1))),
    )


def small_ledger() -> tuple[Claim, ...]:
    """Stand in for `proofs_check.ledger.ledger`; the claims that take longer are expected to take less."""
    decided = (_claim(f"decided-{k}", says, "monte_carlo") for k in range(DECIDED))
    return (*decided, *(_claim(f"waiting-{k}", waits, "symbolic") for k in range(WAITING)))


_preload = BaseContext.set_forkserver_preload
ledger.ledger = small_ledger
BaseContext.set_forkserver_preload = lambda self, names: _preload(self, ["tests.small_ledger", *names])

if __name__ == "__main__":
    from proofs_check.cli import main

    sys.exit(main(sys.argv[1:]))
