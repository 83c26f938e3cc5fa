# Exact identities between kernels, measured on random architectures.


rule measure_identities:
    output:
        ensure(f"{RESULTS}/tables/equivntk/kernel_identity_error.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_identities.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_identities.tsv"
    params:
        architectures=setting("kernel_identity.architectures"),
        groups=setting("kernel_identity.groups"),
        image_size=setting("kernel_identity.image_size"),
        seed=setting("seed"),
        code=step_code("measure_identities"),
    message:
        "Measuring the identities between kernels on {params.architectures} random architectures of each kind"
    shell:
        # Nearly all of its time is compilation of networks that are then used on a few tiny images.
        "XLA_FLAGS=--xla_backend_optimization_level=0"
        " ntklab measure-identities --experiment kernel_identity --architectures {params.architectures}"
        " --groups {params.groups} --image-size {params.image_size} --seed {params.seed} --output {output} > {log} 2>&1"
