# Infinitely wide networks classify images: convolutional, augmented and group-convolutional.


def orbit_kernels(wildcards):
    """The kernels of every repeat."""
    return expand(rules.compute_orbit_kernels.output, repeat=range(SETTINGS["hist_kernel"]["repeats"]))


rule compute_orbit_kernels:
    input:
        data=f"{RESULTS}/arrays/data/images/hist_kernel.npz",
    output:
        f"{RESULTS}/arrays/kernels/hist_kernel/orbit_kernels/repeat={{repeat}}.npz",
    wildcard_constraints:
        repeat=r"\d+",
    log:
        f"{RESULTS}/logs/compute_orbit_kernels/repeat={{repeat}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/compute_orbit_kernels/repeat={{repeat}}.tsv"
    params:
        network=network("hist_kernel"),
        training_images=lambda wildcards: max(SETTINGS["hist_kernel"]["training_sizes"]),
        test_images=setting("hist_kernel.test_images"),
        group=setting("hist_kernel.group"),
        precision=setting("hist_kernel.precision"),
        seed=setting("seed"),
        code=step_code("compute_orbit_kernels"),
    message:
        "Computing the kernels of {params.training_images} training and {params.test_images} test images over the orbits"
        " of {params.group} (repeat {wildcards.repeat})"
    shell:
        "ntklab compute-orbit-kernels --data {input.data} --experiment hist_kernel --repeat {wildcards.repeat}"
        " --training-images {params.training_images} --test-images {params.test_images}"
        " --network {params.network:q} --group {params.group} --precision {params.precision} --seed {params.seed}"
        " --cache {RESULTS}/arrays/kernels/tiles --output {output} > {log} 2>&1"


rule predict_classes:
    input:
        kernels=orbit_kernels,
    output:
        f"{RESULTS}/arrays/kernels/hist_kernel/predictions.npz",
    log:
        f"{RESULTS}/logs/predict_classes.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_classes.tsv"
    params:
        network=network("hist_kernel"),
        training_sizes=setting("hist_kernel.training_sizes"),
        ridge=setting("hist_kernel.ridge"),
        seed=setting("seed"),
        code=step_code("predict_classes"),
    message:
        "Predicting the classes of test images after training on {params.training_sizes} images"
    shell:
        "ntklab predict-classes --kernels {input.kernels} --training-sizes {params.training_sizes}"
        " --ridge {params.ridge} --network {params.network:q} --experiment hist_kernel --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule measure_classification:
    input:
        predictions=rules.predict_classes.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/hist_kernel_classification.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_classification.log",
    params:
        code=step_code("measure_classification"),
    message:
        "Measuring how well infinitely wide networks classify"
    shell:
        "ntklab measure-classification --predictions {input.predictions} --experiment hist_kernel"
        " --output {output} > {log} 2>&1"
