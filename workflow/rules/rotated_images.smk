# Ensembles of image classifiers on rotated images, with steerable and canonicalised networks beside them.
from ntklab.groups import group


wildcard_constraints:
    model="cnn|steerable|canonicalised",


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


def classifier_shards(experiment, *models):
    """The shards of the named models of an image experiment: every group's, and those of the control."""
    block = SETTINGS[experiment]
    of_model = {
        "cnn": {name: block["members"] for name in block["groups"]} | {NO_AUGMENTATION: block["control_members"]},
        "steerable": {name: block["rivals"] for name in block["groups"]},
        "canonicalised": {name: block["rivals"] for name in block["groups"]},
    }
    return [
        path
        for model in models or of_model
        for name, members in of_model[model].items()
        for path in shards(
            f"{RESULTS}/arrays/ensembles/{experiment}/model={model}/group={name}/members={{first}}-{{last}}.npz",
            members,
            block["members_per_shard"],
        )
    ]


def compared_ensemble(experiment):
    """The largest ensemble of which there are five disjoint ones; where there is none, the smallest one."""
    block = SETTINGS[experiment]
    sizes = [size for size in block["ensemble_sizes"] if size > 1]
    return max([size for size in sizes if 5 * size <= block["members"]], default=min(sizes))


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
        seed=setting("seed"),
        code=step_code("prepare_image_orbits"),
    message:
        "Rotating the images of {wildcards.experiment} by {params.angles} angles"
    shell:
        "ntklab prepare-image-orbits --data {input.data} --experiment {wildcards.experiment}"
        " --training-images {params.training_images} --test-images {params.test_images} --ood {params.ood}"
        " --ood-sources {params.ood_sources} --ood-images {params.ood_images} --orders {params.orders}"
        " --angles-evaluated {params.angles} --seed {params.seed} --output {output} > {log} 2>&1"


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
        steps=setting("{experiment}.steps"),
        batch=setting("{experiment}.batch"),
        learning_rate=setting("{experiment}.learning_rate"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        recorded_images=setting("{experiment}.recorded_images"),
        seed=setting("seed"),
        code=lambda wildcards: step_code("train_classifier_shard", classifiers=[wildcards.model]),
    message:
        "Training members {wildcards.first} to {wildcards.last} of the {wildcards.model} classifiers of"
        " {wildcards.experiment} (augmentation {wildcards.augmentation})"
    shell:
        "ntklab train-classifier-shard --data {input.data} --experiment {wildcards.experiment}"
        " --model {wildcards.model} --group {wildcards.augmentation} --first {wildcards.first} --last {wildcards.last}"
        " --channels {params.channels} --pooled {params.pooled}{params.hidden} --steps {params.steps}"
        " --batch {params.batch} --learning-rate {params.learning_rate} --recorded-steps {params.recorded_steps}"
        " --recorded-images {params.recorded_images} --seed {params.seed} --device {CONFIG.device}"
        " --members-per-chunk {CONFIG.members_per_chunk} --checkpoints {RESULTS}/checkpoints"
        " --output {output} > {log} 2>&1"


rule measure_orbit_predictions:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_orbit_predictions.parquet", non_empty=True),
        training=ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_training.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
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
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
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


rule resample_orbits:
    input:
        data=rules.prepare_image_orbits.output,
        predictions=lambda wildcards: classifier_shards(wildcards.experiment),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_draws.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/resample_orbits/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/resample_orbits/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        seed=setting("seed"),
        code=step_code("resample_orbits"),
    message:
        "Drawing networks and images of {wildcards.experiment} again, for the intervals of orbit predictions"
    shell:
        "ntklab resample-orbits --data {input.data} --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --seed {params.seed} --output {output} > {log} 2>&1"


rule resample_angles:
    input:
        predictions=lambda wildcards: classifier_shards(wildcards.experiment, "cnn", "canonicalised"),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_angle_draws.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/resample_angles/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/resample_angles/{{experiment}}.tsv"
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        seed=setting("seed"),
        code=step_code("resample_angles"),
    message:
        "Drawing networks and images of {wildcards.experiment} again, for the intervals of agreement at all angles"
    shell:
        "ntklab resample-angles --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --seed {params.seed} --output {output} > {log} 2>&1"


rule resample_training:
    input:
        predictions=lambda wildcards: classifier_shards(wildcards.experiment, "cnn"),
    output:
        ensure(f"{RESULTS}/tables/ensembles/{{experiment}}_training_replicates.parquet", non_empty=True),
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
    log:
        f"{RESULTS}/logs/resample_training/{{experiment}}.log",
    params:
        sizes=setting("{experiment}.ensemble_sizes"),
        code=step_code("resample_training"),
    message:
        "Leaving members of {wildcards.experiment} out, for the intervals of the logits' spread during training"
    shell:
        "ntklab resample-training --predictions {input.predictions} --sizes {params.sizes}"
        " --experiment {wildcards.experiment} --output {output} > {log} 2>&1"


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
            path
            for path in classifier_shards(wildcards.experiment, "cnn")
            if f"/group={smallest_group(wildcards.experiment)}/" in path
        ],
    output:
        pictures=f"{RESULTS}/tables/ensembles/{{experiment}}_pictures.parquet",
        predictions=f"{RESULTS}/tables/ensembles/{{experiment}}_picture_predictions.parquet",
    wildcard_constraints:
        experiment=experiments_of("rotated_images"),
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
