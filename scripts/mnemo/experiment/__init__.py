"""Experiments that test with people what an edit changes: designs, series and stimuli."""
