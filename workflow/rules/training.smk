# Trained networks at order 1/width: theory, and networks trained by gradient flow.
TRAINED = {name: block for block in ("general", "orbits") for name in SETTINGS["training"][block]["setups"]}


wildcard_constraints:
    trained_setup="|".join(TRAINED),


def trained_block(name):
    """The settings of a setup: those of points in general position, or those of orbits."""
    return SETTINGS["training"][TRAINED[name]]


def networks_at(wildcards):
    """Networks in a batch at the width."""
    block = trained_block(wildcards.trained_setup)
    return block["networks_per_batch"][block["width"].index(int(wildcards.width))]


def trained_shards(wildcards):
    """The batches of trained networks of every setup and width."""
    return [
        path
        for name in TRAINED
        for width in trained_block(name)["width"]
        for path in shards(
            f"{RESULTS}/arrays/training/setup={name}/width={width}/batches={{first}}-{{last}}.npz",
            trained_block(name)["batches"],
            trained_block(name)["batches_per_shard"],
        )
    ]


rule draw_training_sets:
    output:
        f"{RESULTS}/arrays/data/training.npz",
    log:
        f"{RESULTS}/logs/draw_training_sets.log",
    params:
        points=setting("training.general.training_points"),
        test_points=setting("training.general.test_points"),
        lattice_size=setting("training.orbits.lattice_size"),
        image_size=setting("training.orbits.image_size"),
        training_inputs=setting("training.orbits.training_inputs"),
        test_inputs=setting("training.orbits.test_inputs"),
        seed=setting("seed"),
        code=step_code("draw_training_sets"),
    message:
        "Drawing points, lattices and digits to train on"
    shell:
        "ntklab draw-training-sets --points {params.points} --test-points {params.test_points}"
        " --lattice-size {params.lattice_size} --image-size {params.image_size}"
        " --training-inputs {params.training_inputs} --test-inputs {params.test_inputs} --experiment training"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule correct_trained_mean:
    input:
        data=rules.draw_training_sets.output,
    output:
        f"{RESULTS}/arrays/training/setup={{trained_setup}}/theory.npz",
    log:
        f"{RESULTS}/logs/correct_trained_mean/{{trained_setup}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/correct_trained_mean/{{trained_setup}}.tsv"
    params:
        label_scale=setting("training.label_scale"),
        times=setting("training.times"),
        code=lambda wildcards: step_code("correct_trained_mean", trained_setups=[wildcards.trained_setup]),
    message:
        "Computing the mean prediction of trained networks to order 1/width ({wildcards.trained_setup})"
    shell:
        "ntklab correct-trained-mean --data {input.data} --setup {wildcards.trained_setup}"
        " --label-scale {params.label_scale} --times {params.times} --output {output} > {log} 2>&1"


rule train_networks:
    input:
        data=rules.draw_training_sets.output,
    output:
        f"{RESULTS}/arrays/training/setup={{trained_setup}}/width={{width}}/batches={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/train_networks/{{trained_setup}}/width={{width}}/batches={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_networks/{{trained_setup}}/width={{width}}/batches={{first}}-{{last}}.tsv"
    params:
        label_scale=setting("training.label_scale"),
        times=setting("training.times"),
        networks=networks_at,
        kernels=lambda wildcards: trained_block(wildcards.trained_setup)["kernels_per_batch"],
        seed=setting("seed"),
        code=lambda wildcards: step_code("train_networks", trained_setups=[wildcards.trained_setup]),
    message:
        "Training batches {wildcards.first} to {wildcards.last} of {params.networks} networks"
        " ({wildcards.trained_setup}, width {wildcards.width})"
    shell:
        "ntklab train-networks --data {input.data} --setup {wildcards.trained_setup} --label-scale {params.label_scale}"
        " --times {params.times} --width {wildcards.width} --networks-per-batch {params.networks}"
        " --kernels-per-batch {params.kernels} --first {wildcards.first} --last {wildcards.last} --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule measure_trained_means:
    input:
        theory=expand(rules.correct_trained_mean.output, trained_setup=TRAINED),
        networks=trained_shards,
    output:
        means=ensure(f"{RESULTS}/tables/feynman/trained_means.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/feynman/trained_replicates.parquet", non_empty=True),
        spreads=ensure(f"{RESULTS}/tables/feynman/trained_orbit_spreads.parquet", non_empty=True),
        noise=ensure(f"{RESULTS}/tables/feynman/trained_noise.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_trained_means.log",
    params:
        times=setting("training.times"),
        code=step_code("measure_trained_means"),
    message:
        "Comparing trained networks with the theory of order 1/width"
    shell:
        "ntklab measure-trained-means --theory {input.theory} --networks {input.networks} --times {params.times}"
        " --output {output.means} --output-replicates {output.replicates} --output-spreads {output.spreads}"
        " --output-noise {output.noise} > {log} 2>&1"
