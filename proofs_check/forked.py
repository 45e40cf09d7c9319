"""What the server imports from which workers are forked, so that each is born with the ledger.

This is the one module whose import does work, and nothing but the server imports it.
"""

import signal

# Ctrl-C is left to the parent, from before the seconds that the derivations take.
signal.signal(signal.SIGINT, signal.SIG_IGN)

from proofs_check.workers import born_with_the_ledger  # noqa: E402 - after the signal

born_with_the_ledger()
