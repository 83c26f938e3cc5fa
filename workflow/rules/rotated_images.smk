# Ensembles of image classifiers on rotated images, with steerable and canonicalised networks beside them.
from ntklab.groups import group


wildcard_constraints:
    model="cnn|steerable|canonicalised|frozen",


RIVALS = ("steerable", "canonicalised", "frozen")


def ood_files(wildcards):
    """The downloads behind the sets out of distribution of an experiment."""
    return [file for data, source in SETTINGS[wildcards.experiment]["ood"].items() for file in files_of(data, source)]


def ood_sources(wildcards):
    """Where a step finds each set out of distribution."""
    sets = SETTINGS[wildcards.experiment]["ood"].items()
    return [location(data, source, CONFIG.downloads) for data, source in sets]


def orders(experiment):
    """Orders of the groups that an experiment trains with."""
    return [group(name).order for name in SETTINGS[experiment]["groups"]]


def smallest_group(experiment):
    """The group of fewest elements that an experiment trains with."""
    return min(SETTINGS[experiment]["groups"], key=lambda name: group(name).order)


def largest_group(experiment):
    """The group of most elements that an experiment trains with."""
    return max(SETTINGS[experiment]["groups"], key=lambda name: group(name).order)


def classifier_shards(experiment, *models):
    """The shards of the named models of an image experiment: every group's, and those of the control."""
    block = SETTINGS[experiment]
    of_model = {model: dict(zip(block["groups"], block["rivals"])) for model in RIVALS}
    of_model["cnn"] = dict(zip(block["groups"], block["members"])) | {NO_AUGMENTATION: block["control_members"]}
    return [
        path
        for model in models or ("cnn", *RIVALS)
        for name, members in of_model[model].items()
        for path in shards(
            f"{RESULTS}/arrays/ensembles/{experiment}/model={model}/group={name}/members={{first}}-{{last}}.npz",
            members,
            block["members_per_shard"],
        )
    ]


def paced_by(wildcards):
    """The group whose orbits an epoch is over: the control and rivals take the steps of the smallest one."""
    own = wildcards.model == "cnn" and wildcards.augmentation != NO_AUGMENTATION
    return wildcards.augmentation if own else smallest_group(wildcards.experiment)


def learning_rate(wildcards):
    """Of Adam, for a model."""
    key = "steerable_learning_rate" if wildcards.model == "steerable" else "learning_rate"
    return SETTINGS[wildcards.experiment][key]


def common_size(experiment):
    """The largest of the ensemble sizes that all groups can form."""
    block = SETTINGS[experiment]
    return max(size for size in block["ensemble_sizes"] if size <= min(block["members"]))


def compared_sizes(experiment):
    """Single networks, ensembles of the size that all groups can form, and the largest ones."""
    return sorted({1, common_size(experiment), max(SETTINGS[experiment]["ensemble_sizes"])})


def shown_set(experiment):
    """The set of the picture of an experiment: real tissue where the tissue that was trained on is drawn."""
    block = SETTINGS[experiment]
    return "tissue" if block["source"] == "stand_in" and "tissue" in block["ood"] else "test"


rule prepare_image_orbits:
    input:
        data=f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
        files=ood_files,
    output:
        f"{RESULTS}/arrays/data/image_orbits/{{experiment}}.npz",
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/prepare_image_orbits/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_image_orbits/{{experiment}}.tsv"
    params:
        training_images=setting("{experiment}.training_images"),
        test_images=setting("{experiment}.test_images"),
        ood=lambda wildcards: list(SETTINGS[wildcards.experiment]["ood"]),
        ood_sources=ood_sources,
        ood_images=setting("{experiment}.ood_images"),
        orders=lambda wildcards: orders(wildcards.experiment),
        angles=setting("{experiment}.angles"),
        angle_images=setting("{experiment}.angle_images"),
        seed=setting("seed"),
        code=step_code("prepare_image_orbits"),
    message:
        "Rotating the images of {wildcards.experiment} by {params.angles} angles"
    shell:
        "ntklab prepare-image-orbits --data {input.data} --experiment {wildcards.experiment}"
        " --training-images {params.training_images} --test-images {params.test_images} --ood {params.ood}"
        " --ood-sources {params.ood_sources} --ood-images {params.ood_images} --orders {params.orders}"
        " --angles-evaluated {params.angles} --angle-images {params.angle_images} --seed {params.seed} --output {output} > {log} 2>&1"


rule train_classifier_shard:
    input:
        data=rules.prepare_image_orbits.output,
    output:
        f"{RESULTS}/arrays/ensembles/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.npz",
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/train_classifier_shard/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_classifier_shard/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.tsv"
    threads: 1
    resources:
        gpu=GPU,
    params:
        channels=setting("{experiment}.network.channels"),
        pooled=setting("{experiment}.network.pooled"),
        hidden=lambda wildcards: "".join(
            f" --hidden {n}" for n in SETTINGS[wildcards.experiment]["network"]["hidden"]
        ),
        epochs=setting("{experiment}.epochs"),
        paced_by=paced_by,
        batch=setting("{experiment}.batch"),
        learning_rate=learning_rate,
        recorded=setting("{experiment}.recorded"),
        recorded_images=setting("{experiment}.recorded_images"),
        angle_members=setting("{experiment}.angle_members"),
        precision=CONFIG.precision,
        seed=setting("seed"),
        code=lambda wildcards: step_code("train_classifier_shard", classifiers=[wildcards.model]),
    message:
        "Training members {wildcards.first} to {wildcards.last} of the {wildcards.model} classifiers of"
        " {wildcards.experiment} (augmentation {wildcards.augmentation})"
    shell:
        "ntklab train-classifier-shard --data {input.data} --experiment {wildcards.experiment}"
        " --model {wildcards.model} --group {wildcards.augmentation} --first {wildcards.first} --last {wildcards.last}"
        " --channels {params.channels} --pooled {params.pooled}{params.hidden} --epochs {params.epochs}"
        " --paced-by {params.paced_by} --batch {params.batch} --learning-rate {params.learning_rate}"
        " --recorded {params.recorded} --recorded-images {params.recorded_images}"
        " --angle-members {params.angle_members} --seed {params.seed} --device {CONFIG.device}"
        " --precision {params.precision}"
        " --members-per-chunk {CONFIG.members_per_chunk} --checkpoints {RESULTS}/checkpoints"
        " --output {output} > {log} 2>&1"


rule measure_orbit_predictions:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_orbit_predictions.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_orbit_replicates.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/measure_orbit_predictions/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_orbit_predictions/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        seed=setting("seed"),
        code=step_code("measure_orbit_predictions"),
    message:
        "Measuring how invariant the classifiers of {wildcards.experiment} are over their orbits"
    shell:
        "ntklab measure-orbit-predictions --data {input.data} --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --seed {params.seed} --output {output[0]}"
        " --output-replicates {output.replicates} > {log} 2>&1"


rule measure_angles:
    input:
        predictions=lambda wildcards: classifier_shards(wildcards.experiment, "cnn", "canonicalised"),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_angles.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_angle_replicates.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/measure_angles/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_angles/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        angle_members=setting("{experiment}.angle_members"),
        seed=setting("seed"),
        code=step_code("measure_angles"),
    message:
        "Measuring at which angles the classifiers of {wildcards.experiment} keep the class of an image"
    shell:
        "ntklab measure-angles --predictions {input.predictions} --sizes {params.sizes}"
        " --angle-members {params.angle_members} --experiment {wildcards.experiment} --seed {params.seed}"
        " --output {output[0]} --output-replicates {output.replicates} > {log} 2>&1"


rule measure_training:
    input:
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_training.parquet", non_empty=True),
        replicates=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_training_replicates.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/measure_training/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_training/{{experiment}}.tsv"
    params:
        sizes=lambda wildcards: compared_sizes(wildcards.experiment),
        sizes_of_spread=setting("{experiment}.ensemble_sizes"),
        seed=setting("seed"),
        code=step_code("measure_training"),
    message:
        "Measuring the classifiers of {wildcards.experiment} during training"
    shell:
        "ntklab measure-training --predictions {input.predictions} --sizes {params.sizes}"
        " --sizes-of-spread {params.sizes_of_spread} --experiment {wildcards.experiment} --seed {params.seed}"
        " --output {output[0]} --output-replicates {output.replicates} > {log} 2>&1"


rule measure_action_floor:
    input:
        data=rules.prepare_image_orbits.output,
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_action_floor.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
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


rule compare_models:
    input:
        table=rules.measure_orbit_predictions.output[0],
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_comparison.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/compare_models/{{experiment}}.log",
    params:
        ensembles=lambda wildcards: compared_sizes(wildcards.experiment)[1:],
        code=step_code("compare_models"),
    message:
        "Comparing the models of {wildcards.experiment} with each other and with the talk's numbers"
    shell:
        "ntklab compare-models --table {input.table} --ensembles {params.ensembles}"
        " --experiment {wildcards.experiment} --output {output} > {log} 2>&1"


rule vary_comparison:
    input:
        predictions=lambda wildcards: classifier_shards(wildcards.experiment, "cnn", "canonicalised", "frozen"),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_comparison_varied.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/vary_comparison/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/vary_comparison/{{experiment}}.tsv"
    params:
        ensemble=lambda wildcards: common_size(wildcards.experiment),
        seed=setting("seed"),
        code=step_code("vary_comparison"),
    message:
        "Comparing canonicalised networks of {wildcards.experiment} with ensembles, one choice changed at a time"
    shell:
        "ntklab vary-comparison --predictions {input.predictions} --ensemble {params.ensemble}"
        " --experiment {wildcards.experiment} --seed {params.seed} --output {output} > {log} 2>&1"


rule tabulate_pictures:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: [
            path
            for path in classifier_shards(wildcards.experiment, "cnn")
            if f"/group={largest_group(wildcards.experiment)}/" in path
        ],
    output:
        pictures=f"{RESULTS}/tables/ensembles/{{experiment}}_pictures.parquet",
        predictions=f"{RESULTS}/tables/ensembles/{{experiment}}_picture_predictions.parquet",
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/tabulate_pictures/{{experiment}}.log",
    params:
        ensemble=lambda wildcards: common_size(wildcards.experiment),
        shown=lambda wildcards: shown_set(wildcards.experiment),
        code=step_code("tabulate_pictures"),
    message:
        "Tabulating one image of {wildcards.experiment} at the angles trained with, with its predictions"
    shell:
        "ntklab tabulate-pictures --data {input.data} --predictions {input.predictions} --ensemble {params.ensemble}"
        " --shown {params.shown} --experiment {wildcards.experiment} --output-pictures {output.pictures}"
        " --output-predictions {output.predictions} > {log} 2>&1"
