"""Which processes there still are: for tests of what becomes of them."""

from pathlib import Path


def running(group):
    """Processes of a group that have not ended; those that nobody has asked yet how they did have."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            text = (process / "stat").read_text(encoding="utf-8")
        except OSError:  # it is gone
            continue
        # What follows the name in parentheses: state, parent, group.
        state, _, its_group = text.rpartition(")")[2].split()[:3]
        if int(its_group) == group and state not in "ZX":
            found.append(int(process.name))
    return found
