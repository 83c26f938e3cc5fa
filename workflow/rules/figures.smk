# Figures, drawn from Parquet tables alone: one process draws all figures of an experiment that need drawing.
from ntklab.pipeline.figures import figure_digest

FIGURES = catalogue.figures()
# Where only figures are asked for by their ids, these are drawn and no others.
ASKED = set(workflow.dag_settings.targets) if workflow.dag_settings else set()
ONLY = ASKED if ASKED and ASKED <= set(FIGURES) else set(FIGURES)


def folder_of(figure):
    """Where a figure's files are: a folder for each paper."""
    return f"{RESULTS}/figures/{catalogue.experiments()[figure.experiment].paper}"


def picture(figure):
    """Path of a figure's PNG."""
    return f"{folder_of(figure)}/{figure.id}.png"


def figures_of(*experiments):
    """Paths of the PNG of every figure of the given experiments."""
    return [picture(figure) for figure in FIGURES.values() if figure.experiment in experiments]


def claims_of(*experiments):
    """Paths of the checked claims of the given experiments, one file each."""
    return [f"{RESULTS}/claims/{experiment}.parquet" for experiment in experiments]


def table_paths(names):
    """Paths of tables by their names."""
    return [f"{RESULTS}/tables/{name}.parquet" for name in names]


def tables_of(*experiments):
    """Names of all tables of the given experiments."""
    return [name for experiment in experiments for name in catalogue.tables()[experiment]]


def for_report(figure):
    """A figure's PNG with its place in the report; its caption is the text file beside it."""
    caption = os.path.abspath(picture(figure).replace(".png", ".txt"))
    paper = catalogue.experiments()[figure.experiment].paper
    return report(picture(figure), caption=caption, category=paper, labels={"figure": figure.id})


for experiment in dict.fromkeys(figure.experiment for figure in FIGURES.values()):
    of_experiment = [figure for figure in FIGURES.values() if figure.experiment == experiment]
    drawn = [figure for figure in of_experiment if figure.id in ONLY]
    if not drawn:
        continue

    rule:
        name:
            f"draw_figures_of_{experiment}"
        localrule: True
        input:
            table_paths(dict.fromkeys(name for figure in of_experiment for name in figure.tables)),
        output:
            # Not deleted before the job, so that pictures that are up to date can stay.
            pictures=[update(for_report(figure)) for figure in drawn],
            others=[update(f"{folder_of(figure)}/{figure.id}.{kind}") for figure in drawn for kind in ("pdf", "txt")],
        log:
            f"{RESULTS}/logs/draw_figures/{experiment}.log",
        params:
            names=list(dict.fromkeys(name for figure in of_experiment for name in figure.tables)),
            digests=json.dumps({figure.id: figure_digest(figure) for figure in of_experiment}),
        message:
            f"Drawing the figures of {experiment} that need it"
        shell:
            "ntklab draw-figures --pictures {output.pictures} --digests {params.digests:q} --names {params.names}"
            " --tables {input} > {log} 2>&1"


# A target for every experiment and for every room; and every figure's id, for that figure alone.
for target, experiments in catalogue.targets().items():

    rule:
        name:
            target
        localrule: True
        input:
            figures_of(*experiments),
            claims_of(*experiments),


for figure in FIGURES.values():

    rule:
        name:
            figure.id
        localrule: True
        input:
            picture(figure),
