"""Definitions and derivations of the closed forms; SymPy and its mpmath are all that it imports."""
