"""Statistics that several results share."""
