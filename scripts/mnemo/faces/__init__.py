"""Faces in images: found, cut to ovals, and aligned by landmarks."""
