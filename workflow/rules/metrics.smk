# Metrics: predictions in, tidy Parquet tables out.


def all_shards(wildcards):
    """The shards of every width of an experiment and of its negative control."""
    augmented = [path for paths in augmented_shards(wildcards.experiment).values() for path in paths]
    return augmented + control_shards(wildcards.experiment)


def limits(wildcards):
    """The infinite-width predictions that the augmented ensembles and the control are compared with."""
    block = SETTINGS[wildcards.experiment]
    return [
        f"{RESULTS}/arrays/kernels/{wildcards.experiment}/augmentation={augmentation}/depth={block['depth']}"
        "/mean_prediction.npz"
        for augmentation in (block["group"], NO_AUGMENTATION)
    ]


rule measure_invariance:
    input:
        data=f"{RESULTS}/arrays/data/{{experiment}}.npz",
        predictions=all_shards,
        limits=limits,
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_invariance.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_invariance/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_invariance/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("measure_invariance"),
    message:
        "Measuring how invariant the ensembles of {wildcards.experiment} are over their orbits"
    shell:
        "ntklab measure-invariance --data {input.data} --predictions {input.predictions} --limits {input.limits}"
        " --sizes {params.sizes} --experiment {wildcards.experiment} --output {output} > {log} 2>&1"


rule tabulate_example:
    input:
        data=f"{RESULTS}/arrays/data/{{experiment}}.npz",
        predictions=lambda wildcards: next(iter(augmented_shards(wildcards.experiment).values())),
    output:
        lattice=f"{RESULTS}/tables/ensembles/{{experiment}}_example_lattice.parquet",
        prediction=f"{RESULTS}/tables/ensembles/{{experiment}}_example_prediction.parquet",
    log:
        f"{RESULTS}/logs/tabulate_example/{{experiment}}.log",
    params:
        symmetry=setting("{experiment}.group"),
        code=step_code("tabulate_example"),
    message:
        "Tabulating one input of {wildcards.experiment} with its orbit and the predictions for it"
    shell:
        "ntklab tabulate-example --data {input.data} --predictions {input.predictions} --symmetry {params.symmetry}"
        " --experiment {wildcards.experiment} --output-lattice {output.lattice}"
        " --output-prediction {output.prediction} > {log} 2>&1"
