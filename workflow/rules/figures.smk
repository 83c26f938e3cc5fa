# Figures: one module each, drawn from Parquet tables alone.
FIGURES = figures()


def figures_of(*experiments):
    """Paths of the PNG of every figure of the given experiments."""
    return [
        f"{RESULTS}/figures/{figure.paper}/{figure.ID}.png"
        for figure in FIGURES.values()
        if figure.EXPERIMENT in experiments
    ]


def tables_of(experiment):
    """Names of the tables of an experiment: those that its figures read."""
    return sorted({name for figure in FIGURES.values() if figure.EXPERIMENT == experiment for name in figure.TABLES})


def results_of(*experiments):
    """Paths of the figures and the claims of the given experiments."""
    return figures_of(*experiments) + claims_of(*experiments)


rule draw_figure:
    input:
        tables=lambda wildcards: [f"{RESULTS}/tables/{name}.parquet" for name in FIGURES[wildcards.figure].TABLES],
    output:
        pdf=f"{RESULTS}/figures/{{paper}}/{{figure}}.pdf",
        png=report(
            f"{RESULTS}/figures/{{paper}}/{{figure}}.png",
            caption="../report/figure.rst",
            category="{paper}",
            labels={"figure": "{figure}"},
        ),
        caption=f"{RESULTS}/figures/{{paper}}/{{figure}}.txt",
    log:
        f"{RESULTS}/logs/draw_figure/{{paper}}/{{figure}}.log",
    params:
        tables=lambda wildcards: FIGURES[wildcards.figure].TABLES,
        caption=lambda wildcards: FIGURES[wildcards.figure].CAPTION,
        code=lambda wildcards: step_code("draw_figure", FIGURES[wildcards.figure].module),
    message:
        "Drawing {wildcards.figure}"
    shell:
        "ntklab draw-figure --figure {wildcards.figure} --names {params.tables} --tables {input.tables}"
        " --output-pdf {output.pdf} --output-png {output.png} --output-caption {output.caption} > {log} 2>&1"
