# The cross product of two vectors: ensembles trained in finite sets of rotations, and their limit.


wildcard_constraints:
    rotations=r"\w+",


def equivariant_shards(wildcards):
    """The shards of the ensembles of every set of rotations."""
    block = SETTINGS["cross_product"]
    folder = f"{RESULTS}/arrays/ensembles/cross_product"
    return [
        path
        for rotations in block["augmentations"]
        for path in shards(
            f"{folder}/rotations={rotations}/members={{first}}-{{last}}.npz", block["members"], block["members_per_shard"]
        )
    ]


rule sample_cross_product:
    output:
        f"{RESULTS}/arrays/data/cross_product.npz",
    log:
        f"{RESULTS}/logs/sample_cross_product.log",
    params:
        training_pairs=setting("cross_product.training_pairs"),
        test_pairs=setting("cross_product.test_pairs"),
        haar=setting("cross_product.haar_rotations"),
        augmentations=setting("cross_product.augmentations"),
        seed=setting("seed"),
        code=step_code("sample_cross_product"),
    message:
        "Sampling {params.training_pairs} training pairs of vectors, and the rotations"
    shell:
        "ntklab sample-cross-product --training-pairs {params.training_pairs} --test-pairs {params.test_pairs}"
        " --haar {params.haar} --augmentations {params.augmentations} --seed {params.seed} --output {output} > {log} 2>&1"


rule predict_equivariant_mean:
    input:
        data=rules.sample_cross_product.output,
    output:
        f"{RESULTS}/arrays/kernels/cross_product/rotations={{rotations}}/mean_prediction.npz",
    log:
        f"{RESULTS}/logs/predict_equivariant_mean/rotations={{rotations}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_equivariant_mean/rotations={{rotations}}.tsv"
    params:
        depth=setting("cross_product.depth"),
        factor=setting("cross_product.learning_rate_factor"),
        recorded_steps=setting("cross_product.recorded_steps"),
        code=step_code("predict_equivariant_mean"),
    message:
        "Predicting the mean of infinitely wide ensembles that learn the cross product (rotations {wildcards.rotations})"
    shell:
        "ntklab predict-equivariant-mean --data {input.data} --augmentation {wildcards.rotations}"
        " --depth {params.depth} --factor {params.factor} --recorded-steps {params.recorded_steps}"
        " --output {output} > {log} 2>&1"


rule train_equivariant_shard:
    input:
        data=rules.sample_cross_product.output,
        limit=rules.predict_equivariant_mean.output,
    output:
        f"{RESULTS}/arrays/ensembles/cross_product/rotations={{rotations}}/members={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/train_equivariant_shard/rotations={{rotations}}/members={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_equivariant_shard/rotations={{rotations}}/members={{first}}-{{last}}.tsv"
    threads: 1
    resources:
        gpu=GPU,
    params:
        depth=setting("cross_product.depth"),
        width=setting("cross_product.width"),
        recorded_steps=setting("cross_product.recorded_steps"),
        precision=setting("precision"),
        seed=setting("seed"),
        code=step_code("train_equivariant_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} on the cross product (rotations {wildcards.rotations})"
    shell:
        "ntklab train-equivariant-shard --data {input.data} --limit {input.limit} --experiment cross_product"
        " --augmentation {wildcards.rotations} --depth {params.depth} --width {params.width}"
        " --first {wildcards.first} --last {wildcards.last} --recorded-steps {params.recorded_steps}"
        " --precision {params.precision} --seed {params.seed} --device {CONFIG.device}"
        " --members-per-chunk {CONFIG.members_per_chunk} --output {output} > {log} 2>&1"


rule measure_equivariance:
    input:
        data=rules.sample_cross_product.output,
        limits=expand(rules.predict_equivariant_mean.output, rotations=SETTINGS["cross_product"]["augmentations"]),
        predictions=equivariant_shards,
    output:
        table=ensure(f"{RESULTS}/tables/ensembles/cross_product_equivariance.parquet", non_empty=True),
        moments=f"{RESULTS}/tables/ensembles/cross_product_moments.parquet",
        rotations=f"{RESULTS}/tables/ensembles/cross_product_rotations.parquet",
    log:
        f"{RESULTS}/logs/measure_equivariance.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_equivariance.tsv"
    params:
        sizes=setting("cross_product.ensemble_sizes"),
        code=step_code("measure_equivariance"),
    message:
        "Measuring how equivariant the ensembles are that learn the cross product"
    shell:
        "ntklab measure-equivariance --data {input.data} --limits {input.limits} --predictions {input.predictions}"
        " --sizes {params.sizes} --experiment cross_product --output {output.table} --output-moments {output.moments}"
        " --output-rotations {output.rotations} > {log} 2>&1"
