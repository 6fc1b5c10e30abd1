"""Statistics shared by several results."""
