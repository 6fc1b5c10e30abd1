"""The figures of a study: finished tables and pictures in, a matplotlib figure out."""
