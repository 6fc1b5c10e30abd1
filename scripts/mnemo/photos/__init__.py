"""Photographs of a person's own: reading them, and cutting out of each what a generator renders."""
