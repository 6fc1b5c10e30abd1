"""Photographs of people: read, aligned as in FFHQ, and their latents."""
