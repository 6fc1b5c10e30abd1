"""Mnemo where other workflows, and Snakemake's catalogue of workflows, look for it."""

from tests.support.checkout import Checkout


def test_the_workflow_is_also_where_the_catalogue_looks_for_it(checkout: Checkout) -> None:
    (checkout.path / "Snakefile").rename(checkout.path / "main.smk")
    checkout.edit("workflow/Snakefile", 'include: "../Snakefile"', 'include: "../main.smk"')
    assert {"sample_latents", "make_report"} <= checkout.plan().jobs.keys()
