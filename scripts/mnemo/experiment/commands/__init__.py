"""The commands of `python -m mnemo.experiment`, each with its options and what it does."""
