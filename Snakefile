"""ntklab: every figure, table and claim of three papers, from one config. See README.md."""

configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/images.smk"
include: "workflow/rules/ising.smk"
include: "workflow/rules/cross_product.smk"
include: "workflow/rules/rotated_images.smk"
include: "workflow/rules/kernel_identity.smk"
include: "workflow/rules/kernel_convergence.smk"
include: "workflow/rules/hist_kernel.smk"
include: "workflow/rules/aug_vs_gcnn.smk"
include: "workflow/rules/molecules.smk"
include: "workflow/rules/finite_width.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/diagrams.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/claims.smk"


report: "workflow/report/landing_page.rst"


rule all:
    default_target: True
    localrule: True
    input:
        figures_of(*EXPERIMENTS),
        CLAIMS,


rule figures:
    localrule: True
    input:
        figures_of(*EXPERIMENTS),


rule tables:
    localrule: True
    input:
        table_paths(tables_of(*EXPERIMENTS)),


rule claims:
    localrule: True
    input:
        CLAIMS,
