# Networks trained on full orbits against group-convolutional ones trained on the images alone.

# The ensembles that are compared: architecture, whether trained on full orbits, block of the filters.
BRIDGE = {
    "augmented": ("cnn", True, "network"),
    "gcnn": ("gcnn", False, "network"),
    "plain": ("cnn", False, "network"),
    "mismatched": ("gcnn", False, "mismatch"),
}
CONTROLS = ("plain", "mismatched")


def augmentation_of(wildcards):
    """The group whose orbits an ensemble is trained on."""
    on_orbits = BRIDGE[wildcards.ensemble][1]
    return SETTINGS[wildcards.experiment]["group"] if on_orbits else NO_AUGMENTATION


wildcard_constraints:
    ensemble="|".join(BRIDGE),


def bridge_shards(wildcards):
    """The shards of both ensembles and of the controls at every width."""
    block = SETTINGS[wildcards.experiment]
    folder = f"{RESULTS}/arrays/ensembles/{wildcards.experiment}"
    return [
        path
        for ensemble in BRIDGE
        for width in block["width"]
        for path in shards(
            f"{folder}/ensemble={ensemble}/width={width}/members={{first}}-{{last}}.npz",
            block["control_members" if ensemble in CONTROLS else "members"],
            block["members_per_shard"],
        )
    ]


rule draw_image_subsets:
    input:
        files=image_files,
    output:
        f"{RESULTS}/arrays/data/image_subsets/{{experiment}}.npz",
    wildcard_constraints:
        experiment=experiments_of("aug_vs_gcnn"),
    log:
        f"{RESULTS}/logs/draw_image_subsets/{{experiment}}.log",
    params:
        data=setting("{experiment}.data"),
        source=image_source,
        size=setting("{experiment}.image_size"),
        training_images=setting("{experiment}.training_images"),
        test_images=setting("{experiment}.test_images"),
        seed=setting("seed"),
        code=step_code("draw_image_subsets"),
    message:
        "Drawing {params.training_images} training and {params.test_images} test images of {params.data} ({params.source})"
    shell:
        "ntklab draw-image-subsets --data {params.data} --source {params.source} --size {params.size}"
        " --training-images {params.training_images} --test-images {params.test_images}"
        " --experiment {wildcards.experiment} --seed {params.seed} --output {output} > {log} 2>&1"


rule predict_group_mean:
    input:
        data=rules.draw_image_subsets.output,
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/group_mean_prediction.npz",
    wildcard_constraints:
        experiment=experiments_of("aug_vs_gcnn"),
    log:
        f"{RESULTS}/logs/predict_group_mean/{{experiment}}.log",
    params:
        network=lambda wildcards: network(wildcards.experiment),
        group=setting("{experiment}.group"),
        factor=setting("{experiment}.learning_rate_factor"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        code=step_code("predict_group_mean"),
    message:
        "Predicting the mean of infinitely wide group-convolutional ensembles of {wildcards.experiment}"
    shell:
        "ntklab predict-group-mean --data {input.data} --network {params.network:q} --group {params.group}"
        " --factor {params.factor} --recorded-steps {params.recorded_steps} --output {output} > {log} 2>&1"


rule train_network_shard:
    input:
        data=rules.draw_image_subsets.output,
        limit=rules.predict_group_mean.output,
    output:
        f"{RESULTS}/arrays/ensembles/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.npz",
    wildcard_constraints:
        experiment=experiments_of("aug_vs_gcnn"),
    log:
        f"{RESULTS}/logs/train_network_shard/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_network_shard/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.tsv"
    threads: 1
    resources:
        gpu=GPU,
    params:
        architecture=lambda wildcards: BRIDGE[wildcards.ensemble][0],
        group=setting("{experiment}.group"),
        augmentation=augmentation_of,
        network=lambda wildcards: network(wildcards.experiment, BRIDGE[wildcards.ensemble][2]),
        recorded_steps=setting("{experiment}.recorded_steps"),
        precision=setting("precision"),
        seed=setting("seed"),
        code=step_code("train_network_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} of the ensemble '{wildcards.ensemble}' of width"
        " {wildcards.width} for {wildcards.experiment}"
    shell:
        "ntklab train-network-shard --data {input.data} --limit {input.limit} --experiment {wildcards.experiment}"
        " --ensemble {wildcards.ensemble} --architecture {params.architecture} --group {params.group}"
        " --augmentation {params.augmentation} --network {params.network:q} --width {wildcards.width} --first {wildcards.first} --last {wildcards.last}"
        " --recorded-steps {params.recorded_steps} --precision {params.precision} --seed {params.seed}"
        " --device {CONFIG.device} --output {output} > {log} 2>&1"


rule measure_ensemble_difference:
    input:
        data=rules.draw_image_subsets.output,
        limit=rules.predict_group_mean.output,
        predictions=bridge_shards,
    output:
        ensure(f"{RESULTS}/tables/equivntk/{{experiment}}_difference.parquet", non_empty=True),
        moments=f"{RESULTS}/tables/equivntk/{{experiment}}_moments.parquet",
        logits=f"{RESULTS}/tables/equivntk/{{experiment}}_mean_logits.parquet",
    wildcard_constraints:
        experiment=experiments_of("aug_vs_gcnn"),
    log:
        f"{RESULTS}/logs/measure_ensemble_difference/{{experiment}}.log",
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("measure_ensemble_difference"),
    message:
        "Measuring the difference of augmented and group-convolutional ensembles of {wildcards.experiment}"
    shell:
        "ntklab measure-ensemble-difference --data {input.data} --limit {input.limit} --predictions {input.predictions}"
        " --sizes {params.sizes} --experiment {wildcards.experiment} --output {output[0]}"
        " --output-moments {output.moments} --output-logits {output.logits} > {log} 2>&1"
