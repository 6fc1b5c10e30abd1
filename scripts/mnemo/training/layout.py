"""The layout of the 10k US Adult Faces Database (Bainbridge et al. 2013): what lies where in it.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from pathlib import Path

#: The folder of the images, in the database's.
IMAGES = Path("10k US Adult Faces Database", "Face Images")
#: The spreadsheet of the rates.
SCORES = Path("Memorability Scores", "memorability-scores.xlsx")
#: Fewest images that can be trained on: a tenth of them tests.
LEAST = 50
#: Most images that the spreadsheet has room for: a sheet has 2 ** 20 rows, one of them of headings
#: (ECMA-376 leaves it open; https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3).
ROWS = 2**20 - 1
