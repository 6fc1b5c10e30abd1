"""Weights: fetched once for all studies, on a machine with a network, and checked."""


rule fetch_weights:
    """Fetch the weights of a model and check that they are whole."""
    output:
        # Snakemake removes any other output before a job: this one the user may have got by hand.
        weights=update("<resources>/weights/{file}"),
    log:
        "<logs>/fetch_weights/{file}.log",
    localrule: True
    conda:
        "../envs/torch.yaml"
    params:
        name=models.named,
    script:
        "../scripts/fetch_weights.py"
