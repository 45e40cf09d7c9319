"""Names of the processes that share a store: which of them are gone can be told from the name."""

import os
import secrets
import socket


def new_owner() -> str:
    """Return a name of this process that no other has: host, process id and a random part."""
    return f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(4)}"


def has_died(owner: str) -> bool:
    """Whether the process that an owner's name tells of is gone; False if that cannot be known."""
    host, pid, _ = owner.rsplit("/", 2)
    if os.name != "posix" or host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # it lives, under another user
    return False
