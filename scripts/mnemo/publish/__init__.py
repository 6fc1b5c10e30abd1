"""What is published with a paper: made from a finished study's tables, and from nothing else."""
