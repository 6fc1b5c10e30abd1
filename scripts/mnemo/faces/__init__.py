"""Faces in images: detecting them, cutting them out as ovals, and aligning them by landmarks."""
