"""Verifying a crate: redrawing some of its images, recomputing its tables, and comparing both."""
