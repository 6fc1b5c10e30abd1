"""Edits: how latents are moved along a direction."""
