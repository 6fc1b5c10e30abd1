"""The paragraphs of the Methods, each a module whose `sentences` writes it."""
