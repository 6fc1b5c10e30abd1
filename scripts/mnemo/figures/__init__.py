"""The figures of a study, drawn with matplotlib from finished tables and pictures."""
