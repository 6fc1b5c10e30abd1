"""The server of an experiment: it deals series to participants and stores what they answer."""
