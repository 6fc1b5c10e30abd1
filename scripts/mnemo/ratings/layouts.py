"""What is known of files of people's ratings without reading them. Imports nothing heavy."""

#: Tables of participants in a folder in BIDS.
FILES = "sub-*/beh/sub-*_beh.tsv"

#: Scores of a memory game, with what they are; any other is the name of a rating.
GAME = {"hit_rate": "hit rate", "true_hit_rate": "hit rate minus false-alarm rate"}
