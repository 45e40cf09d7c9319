"""What the server imports from which workers are forked, so that each is born with the ledger.

This is the one module whose import does work, and nothing but the server imports it.
"""

import gc

from proofs_check.memory import collect_seldom
from proofs_check.starting import leave_signals_to_the_parent

# From before the seconds that the imports and derivations take.
leave_signals_to_the_parent()
collect_seldom()

from proofs_check.workers import born_with_the_ledger  # noqa: E402 - after the signals

born_with_the_ledger()
# What every worker is born with stays: no collection, such as Hypothesis asks for, need visit it.
gc.freeze()
