"""Directions in latent spaces: hyperplanes, projections of them, and files of other programs."""
