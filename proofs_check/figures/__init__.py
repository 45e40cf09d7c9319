"""Figures of simulated errors beside what the theory says of them."""
