"""Weights files: the catalogue, and how they are fetched."""
