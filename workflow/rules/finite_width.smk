# Finite width: recursions at order 1/width, and networks drawn at random. Setups of one scan are one job each time.
from ntklab.experiments.finite_width.setups import SCANS


def scan(name):
    """The settings of a kind of scan: width, depth or tensor."""
    return SETTINGS["finite_width"][f"{name}_scan"]


def solved_recursions(wildcards):
    """The recursions of every setup."""
    return [f"{RESULTS}/arrays/finite_width/{setup}/theory.npz" for setups in SCANS.values() for setup in setups]


def network_shards(wildcards):
    """The batches of networks of every setup."""
    return [
        path
        for name, setups in SCANS.items()
        for setup in setups
        for path in shards(
            f"{RESULTS}/arrays/finite_width/{setup}/batches={{first}}-{{last}}.npz",
            scan(name)["batches"],
            scan(name)["batches_per_shard"],
        )
    ]


for kind, setups in SCANS.items():

    rule:
        name:
            f"solve_recursions_{kind}"
        output:
            expand(f"{RESULTS}/arrays/finite_width/{{setup}}/theory.npz", setup=setups),
        log:
            f"{RESULTS}/logs/solve_recursions/{kind}.log",
        benchmark:
            f"{RESULTS}/benchmarks/solve_recursions/{kind}.tsv"
        params:
            setups=setups,
            depth=scan(kind)["depth"],
            code=step_code("solve_recursions", setups=setups),
        message:
            "Solving the recursions of {params.setups} to layer {params.depth}"
        shell:
            "ntklab solve-recursions --setups {params.setups} --depth {params.depth} --outputs {output} > {log} 2>&1"

    rule:
        name:
            f"sample_networks_{kind}"
        output:
            expand(f"{RESULTS}/arrays/finite_width/{{setup}}/batches={{{{first}}}}-{{{{last}}}}.npz", setup=setups),
        log:
            f"{RESULTS}/logs/sample_networks/{kind}/batches={{first}}-{{last}}.log",
        benchmark:
            f"{RESULTS}/benchmarks/sample_networks/{kind}/batches={{first}}-{{last}}.tsv"
        params:
            setups=setups,
            width=scan(kind)["width"],
            depth=scan(kind)["depth"],
            networks_per_batch=scan(kind)["networks_per_batch"],
            estimator=setting("finite_width.estimator"),
            seed=setting("seed"),
            code=step_code("sample_networks", setups=setups),
        message:
            "Drawing batches {wildcards.first} to {wildcards.last} of networks of {params.setups} at widths {params.width}"
        shell:
            "ntklab sample-networks --setups {params.setups} --depth {params.depth} --width {params.width}"
            " --networks-per-batch {params.networks_per_batch} --first {wildcards.first} --last {wildcards.last}"
            " --estimator {params.estimator} --seed {params.seed} --outputs {output} > {log} 2>&1"


rule measure_finite_width:
    input:
        theory=solved_recursions,
        samples=network_shards,
    output:
        table=ensure(f"{RESULTS}/tables/feynman/finite_width.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/feynman/finite_width_replicates.parquet", non_empty=True),
        theory=ensure(f"{RESULTS}/tables/feynman/finite_width_theory.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_finite_width.log",
    params:
        code=step_code("measure_finite_width"),
    message:
        "Comparing the statistics of finite networks with the recursions"
    shell:
        "ntklab measure-finite-width --theory {input.theory} --samples {input.samples} --output {output.table}"
        " --output-replicates {output.replicates} --output-theory {output.theory} > {log} 2>&1"
