"""How fast, and how well calibrated: measurements that are no tests."""
