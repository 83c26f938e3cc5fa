# Finite width: recursions at order 1/width, and networks drawn at random.
from ntklab.finite_width.setups import SETUPS


wildcard_constraints:
    setup="|".join(SETUPS),


def scan_setting(key):
    """A setting of the scan that a setup belongs to, for a rule's params."""
    return lambda wildcards: SETTINGS["finite_width"][f"{SETUPS[wildcards.setup].scan}_scan"][key]


def network_shards(wildcards):
    """The batches of networks of every setup."""
    shards = []
    for setup, ensemble in SETUPS.items():
        scan = SETTINGS["finite_width"][f"{ensemble.scan}_scan"]
        shards += [
            f"{RESULTS}/arrays/finite_width/{setup}/batches={first}-{last}.npz"
            for first, last in blocks_of(scan["batches"], scan["batches_per_shard"])
        ]
    return shards


rule solve_recursions:
    output:
        f"{RESULTS}/arrays/finite_width/{{setup}}/theory.npz",
    log:
        f"{RESULTS}/logs/solve_recursions/{{setup}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/solve_recursions/{{setup}}.tsv"
    params:
        depth=scan_setting("depth"),
        code=step_code("solve_recursions"),
    message:
        "Solving the recursions of {wildcards.setup} to layer {params.depth}"
    shell:
        "ntklab solve-recursions --setup {wildcards.setup} --depth {params.depth} --output {output} > {log} 2>&1"


rule sample_networks:
    output:
        f"{RESULTS}/arrays/finite_width/{{setup}}/batches={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/sample_networks/{{setup}}/batches={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/sample_networks/{{setup}}/batches={{first}}-{{last}}.tsv"
    params:
        width=scan_setting("width"),
        depth=scan_setting("depth"),
        networks_per_batch=scan_setting("networks_per_batch"),
        estimator=setting("finite_width.estimator"),
        seed=setting("seed"),
        code=step_code("sample_networks"),
    message:
        "Drawing batches {wildcards.first} to {wildcards.last} of networks of {wildcards.setup} at widths {params.width}"
    shell:
        "ntklab sample-networks --setup {wildcards.setup} --depth {params.depth} --width {params.width}"
        " --networks-per-batch {params.networks_per_batch} --first {wildcards.first} --last {wildcards.last}"
        " --estimator {params.estimator} --seed {params.seed} --output {output} > {log} 2>&1"


rule measure_finite_width:
    input:
        theory=expand(rules.solve_recursions.output, setup=SETUPS),
        samples=network_shards,
    output:
        ensure(f"{RESULTS}/tables/feynman/finite_width.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_finite_width.log",
    params:
        code=step_code("measure_finite_width"),
    message:
        "Comparing the statistics of finite networks with the recursions"
    shell:
        "ntklab measure-finite-width --theory {input.theory} --samples {input.samples} --output {output} > {log} 2>&1"
