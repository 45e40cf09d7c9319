"""How fast: ratios to peers and to the machine's limits, measured in one run."""
