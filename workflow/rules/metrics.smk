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


rule measure_identities:
    output:
        ensure(f"{RESULTS}/tables/equivntk/kernel_identity_error.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_identities.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_identities.tsv"
    params:
        architectures=setting("kernel_identity.architectures"),
        image_size=setting("kernel_identity.image_size"),
        seed=setting("seed"),
        code=step_code("measure_identities"),
    message:
        "Measuring the identities between kernels on {params.architectures} random architectures of each kind"
    shell:
        # Nearly all of its time is compilation of networks that are then used on a few tiny images.
        "XLA_FLAGS=--xla_backend_optimization_level=0"
        " ntklab measure-identities --experiment kernel_identity --architectures {params.architectures}"
        " --image-size {params.image_size} --seed {params.seed} --output {output} > {log} 2>&1"


def draws(wildcards):
    """The shards of draws of every width."""
    block = SETTINGS["kernel_convergence"]
    ranges = blocks_of(block["draws"], block["draws_per_shard"])
    return [
        f"{RESULTS}/arrays/kernels/kernel_convergence/width={width}/draws={first}-{last}.npz"
        for width in block["width"]
        for first, last in ranges
    ]


rule measure_kernel_convergence:
    input:
        kernels=rules.compute_kernels.output,
        draws=draws,
    output:
        ensure(f"{RESULTS}/tables/equivntk/kernel_convergence.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_kernel_convergence.log",
    params:
        bootstrap=setting("kernel_convergence.bootstrap"),
        seed=setting("seed"),
        code=step_code("measure_kernel_convergence"),
    message:
        "Comparing the kernels of finite networks with the analytic ones"
    shell:
        "ntklab measure-kernel-convergence --kernels {input.kernels} --draws {input.draws}"
        " --bootstrap {params.bootstrap} --seed {params.seed} --experiment kernel_convergence"
        " --output {output} > {log} 2>&1"


rule measure_classification:
    input:
        predictions=rules.predict_classes.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/{{experiment}}_classification.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_classification/{{experiment}}.log",
    params:
        code=step_code("measure_classification"),
    message:
        "Measuring how well the infinitely wide networks of {wildcards.experiment} classify"
    shell:
        "ntklab measure-classification --predictions {input.predictions} --experiment {wildcards.experiment}"
        " --output {output} > {log} 2>&1"


rule measure_ensemble_difference:
    input:
        data=rules.draw_image_subsets.output,
        limit=rules.predict_group_mean.output,
        predictions=bridge_shards,
    output:
        ensure(f"{RESULTS}/tables/equivntk/{{experiment}}_difference.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_ensemble_difference/{{experiment}}.log",
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("measure_ensemble_difference"),
    message:
        "Measuring the difference of augmented and group-convolutional ensembles of {wildcards.experiment}"
    shell:
        "ntklab measure-ensemble-difference --data {input.data} --limit {input.limit} --predictions {input.predictions}"
        " --sizes {params.sizes} --experiment {wildcards.experiment} --output {output} > {log} 2>&1"


def equivariant_shards(wildcards):
    """The shards of the ensembles of every set of rotations."""
    block = SETTINGS["cross_product"]
    return [
        f"{RESULTS}/arrays/ensembles/cross_product/rotations={rotations}/members={first}-{last}.npz"
        for rotations in block["augmentations"]
        for first, last in blocks_of(block["members"], block["members_per_shard"])
    ]


rule measure_equivariance:
    input:
        data=rules.sample_cross_product.output,
        limits=expand(rules.predict_equivariant_mean.output, rotations=SETTINGS["cross_product"]["augmentations"]),
        predictions=equivariant_shards,
    output:
        table=ensure(f"{RESULTS}/tables/ensembles/cross_product_equivariance.parquet", non_empty=True),
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
        " --sizes {params.sizes} --experiment cross_product --output {output.table}"
        " --output-rotations {output.rotations} > {log} 2>&1"


rule measure_orbit_predictions:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_orbit_predictions.parquet", non_empty=True),
        training=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_training.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_orbit_predictions/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_orbit_predictions/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("measure_orbit_predictions"),
    message:
        "Measuring how invariant the classifiers of {wildcards.experiment} are over their orbits"
    shell:
        "ntklab measure-orbit-predictions --data {input.data} --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --output {output[0]} --output-training {output.training} > {log} 2>&1"


rule measure_angles:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_angles.parquet", non_empty=True),
        mean=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_angle_means.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_angles/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_angles/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("measure_angles"),
    message:
        "Measuring at which angles the classifiers of {wildcards.experiment} keep the class of an image"
    shell:
        "ntklab measure-angles --data {input.data} --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --output {output[0]} --output-mean {output.mean} > {log} 2>&1"


rule measure_action_floor:
    input:
        data=rules.prepare_image_orbits.output,
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_action_floor.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_action_floor/{{experiment}}.log",
    params:
        orders=lambda wildcards: orders(wildcards.experiment),
        images=setting("{experiment}.recorded_images"),
        code=step_code("measure_action_floor"),
    message:
        "Measuring how far rotations of the images of {wildcards.experiment} are from a group action"
    shell:
        "ntklab measure-action-floor --data {input.data} --orders {params.orders} --images {params.images}"
        " --experiment {wildcards.experiment} --output {output} > {log} 2>&1"


def compared_ensemble(experiment):
    """The largest ensemble of which there are five disjoint ones; where there is none, the smallest one."""
    block = SETTINGS[experiment]
    sizes = [size for size in block["ensemble_sizes"] if size > 1]
    return max([size for size in sizes if 5 * size <= block["members"]], default=min(sizes))


rule compare_models:
    input:
        table=f"{RESULTS}/tables/ensembles/{{experiment}}_orbit_predictions.parquet",
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_comparison.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/compare_models/{{experiment}}.log",
    params:
        ensemble=lambda wildcards: compared_ensemble(wildcards.experiment),
        code=step_code("compare_models"),
    message:
        "Comparing the models of {wildcards.experiment} with each other and with the talk's numbers"
    shell:
        "ntklab compare-models --table {input.table} --ensemble {params.ensemble} --experiment {wildcards.experiment}"
        " --output {output} > {log} 2>&1"


rule tabulate_pictures:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: [
            path for path in classifier_shards(wildcards.experiment, "cnn") if "group=c4" in path
        ],
    output:
        pictures=f"{RESULTS}/tables/ensembles/{{experiment}}_pictures.parquet",
        predictions=f"{RESULTS}/tables/ensembles/{{experiment}}_picture_predictions.parquet",
    log:
        f"{RESULTS}/logs/tabulate_pictures/{{experiment}}.log",
    params:
        ensemble=lambda wildcards: max(SETTINGS[wildcards.experiment]["ensemble_sizes"]),
        pictures=lambda wildcards: max(orders(wildcards.experiment)),
        code=step_code("tabulate_pictures"),
    message:
        "Tabulating one test image of {wildcards.experiment} in {params.pictures} rotations, with its predictions"
    shell:
        "ntklab tabulate-pictures --data {input.data} --predictions {input.predictions} --ensemble {params.ensemble}"
        " --pictures {params.pictures} --experiment {wildcards.experiment} --output-pictures {output.pictures}"
        " --output-predictions {output.predictions} > {log} 2>&1"
