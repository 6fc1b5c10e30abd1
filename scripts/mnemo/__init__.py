"""Mnemo: find what makes an image memorable, and edit images to be more or less memorable."""
