"""The results of a study for Python users: no rule and no other part of Mnemo reads through it."""
