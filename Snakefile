"""ntklab: every figure, table and claim of three papers, from one config. See README.md."""

configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/kernels.smk"
include: "workflow/rules/ensembles.smk"
include: "workflow/rules/finite_width.smk"
include: "workflow/rules/metrics.smk"
include: "workflow/rules/diagrams.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"


localrules:
    all,
    figures,
    tables,
    claims,
    ising,
    kernels,
    bridge,
    equivariance,
    images,
    finite_width,
    diagrams,
    draw_figure,
    check_claims,
    collect_claims,


report: "workflow/report/landing_page.rst"


rule all:
    default_target: True
    input:
        figures_of(*EXPERIMENTS),
        CLAIMS,


rule figures:
    input:
        figures_of(*EXPERIMENTS),


rule tables:
    input:
        TABLES,


rule claims:
    input:
        CLAIMS,


rule ising:
    input:
        results_of("ising"),


rule kernels:
    input:
        results_of("kernel_identity", "kernel_convergence", "hist_kernel"),


rule bridge:
    input:
        results_of("aug_vs_gcnn_mlp", "aug_vs_gcnn"),


rule equivariance:
    input:
        results_of("cross_product"),


rule images:
    input:
        results_of("rotated_fashion_mnist", "histology"),


rule finite_width:
    input:
        results_of("finite_width"),


rule diagrams:
    input:
        results_of("diagrams"),


# Every figure's id is a target too: its picture alone.
for identifier, figure in FIGURES.items():

    rule:
        name:
            identifier
        localrule: True
        input:
            f"{RESULTS}/figures/{figure.paper}/{identifier}.png",
