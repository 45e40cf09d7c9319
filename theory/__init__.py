"""Definitions and derivations of the closed forms; SymPy is all that it imports."""
