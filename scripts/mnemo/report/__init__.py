"""The report: pages, the data dictionary, and the report itself."""
