"""The plan: what the jobs of a study cost."""
