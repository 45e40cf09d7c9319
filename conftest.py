"""Modules are searched for doctests if they have any: the others are not imported for that alone."""

from pathlib import Path

PACKAGES = {Path(__file__).parent / name for name in ("theory", "numerics", "proofs_check")}


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out the modules of the packages in which no prompt stands."""
    ours = collection_path.suffix == ".py" and not PACKAGES.isdisjoint(collection_path.parents)
    return True if ours and ">>>" not in collection_path.read_text(encoding="utf-8") else None
