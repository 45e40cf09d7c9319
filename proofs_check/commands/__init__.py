"""One module a subcommand; each imports what it computes with only when it is run."""
