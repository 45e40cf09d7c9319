"""What holds: claims, their evidence, the judge of both, and the command line."""
