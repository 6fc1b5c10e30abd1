"""Results: one module for each, with its table and its measurement."""
