"""The command line by ``python -m proofs_check``."""

from proofs_check.cli import command

if __name__ == "__main__":
    command()
