"""Edits: moving latents along a direction."""
