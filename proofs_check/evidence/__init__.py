"""Builders of evidence: each turns the mathematics of a claim into a check."""
