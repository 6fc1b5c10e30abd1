"""Training of assessors on rated images."""
