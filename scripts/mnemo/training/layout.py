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
#: The spreadsheet's columns by the names that they have here.
COLUMNS = {
    "file": "Filename",
    "hit_rate": "Hit Rate (HR)",
    "false_alarm_rate": "False Alarm Rate (FAR)",
}
#: Columns that may be absent. The database's readme says that the spreadsheet has these counts; how
#: it heads them is an assumption, since no public code reads them.
COUNTS = {
    "hits": "Hits",
    "misses": "Misses",
    "false_alarms": "False Alarms",
    "correct_rejections": "Correct Rejections",
}
#: Each rate with the counts that it is the first's share of.
RATES = {
    "hit_rate": ("hits", "misses"),
    "false_alarm_rate": ("false_alarms", "correct_rejections"),
}
