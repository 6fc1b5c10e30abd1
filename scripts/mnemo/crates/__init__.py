"""Crates: opening what another study has published, without trusting it.

This wing imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""
