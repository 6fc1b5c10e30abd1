"""The sections of a study: what each may contain."""
