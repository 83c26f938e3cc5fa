# Feynman diagrams: enumerated from the rules, then checked against the solver and against sampled networks.


rule tabulate_diagrams:
    output:
        table=ensure(f"{RESULTS}/tables/feynman/diagrams.parquet", non_empty=True),
        tikz=f"{RESULTS}/figures/feynman/diagrams.tex",
    log:
        f"{RESULTS}/logs/tabulate_diagrams.log",
    params:
        code=step_code("tabulate_diagrams"),
    message:
        "Enumerating the Feynman diagrams of all tensors"
    shell:
        "ntklab tabulate-diagrams --experiment diagrams --output {output.table} --output-tikz {output.tikz} > {log} 2>&1"


rule check_diagrams:
    output:
        table=ensure(f"{RESULTS}/tables/feynman/diagram_checks.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/feynman/diagram_replicates.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/check_diagrams.log",
    benchmark:
        f"{RESULTS}/benchmarks/check_diagrams.tsv"
    params:
        activations=setting("diagrams.activations"),
        layers=setting("diagrams.layers"),
        width=setting("diagrams.width"),
        networks=setting("diagrams.networks"),
        seed=setting("seed"),
        code=step_code("check_diagrams"),
    message:
        "Comparing the diagrams with the solver and with {params.networks} networks of each width {params.width}"
    shell:
        "ntklab check-diagrams --experiment diagrams --activations {params.activations} --layers {params.layers}"
        " --width {params.width} --networks {params.networks} --seed {params.seed} --output {output.table}"
        " --output-replicates {output.replicates} > {log} 2>&1"
