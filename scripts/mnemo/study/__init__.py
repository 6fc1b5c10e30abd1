"""The study: its settings, and all that the rules ask of it. Nothing here is heavy."""
