"""Directions learned through a generator and an assessor (GANalyze, sections 2 and 3.1)."""
