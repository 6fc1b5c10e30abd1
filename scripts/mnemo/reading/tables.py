"""The public tables as attributes, so that type checkers and editors know their names."""

import pandas as pd


class Tables:
    """The public tables of a study, which docs/data.md describes; it has those that it asks for.

    A table is read from its file each time that it is asked for.
    """

    scores: pd.DataFrame
    faces: pd.DataFrame
    photos: pd.DataFrame
    inversions: pd.DataFrame
    agreement: pd.DataFrame
    ratings: pd.DataFrame
    assessor_validity: pd.DataFrame
    hyperplanes: pd.DataFrame
    directions: pd.DataFrame
    learning: pd.DataFrame
    conditions: pd.DataFrame
    dose_response: pd.DataFrame
    controls: pd.DataFrame
    slopes: pd.DataFrame
    local_slopes: pd.DataFrame
    calibration: pd.DataFrame
    transfer: pd.DataFrame
    drift: pd.DataFrame
    factors: pd.DataFrame
    factor_models: pd.DataFrame
    layers: pd.DataFrame
    layer_effects: pd.DataFrame
    methods: pd.DataFrame
    method_contrasts: pd.DataFrame
    cosines: pd.DataFrame
    lost_faces: pd.DataFrame
    contrasts: pd.DataFrame
    realness: pd.DataFrame
    identity: pd.DataFrame
    training: pd.DataFrame
    curves: pd.DataFrame
    predictions: pd.DataFrame
    trials: pd.DataFrame
    participants: pd.DataFrame
    human_rates: pd.DataFrame
    human_models: pd.DataFrame
    consistency: pd.DataFrame
    memorability: pd.DataFrame
    findings: pd.DataFrame
    reproduction: pd.DataFrame
