"""The report: its pages, the data dictionary, and writing the report itself."""
