# Deep ensembles: a shard is a range of members of one width, and one job.

NO_AUGMENTATION = "c1"


def shards(experiment, augmentation, width, members, per_shard):
    """Paths of the shards of one ensemble of `members` networks."""
    return [
        f"{RESULTS}/arrays/ensembles/{experiment}/augmentation={augmentation}/depth={SETTINGS[experiment]['depth']}"
        f"/width={width}/members={first}-{last}.npz"
        for first, last in blocks_of(members, per_shard)
    ]


def augmented_shards(experiment):
    """Paths of the shards of every width, trained on full orbits: width -> paths."""
    block = SETTINGS[experiment]
    sizes = zip(block["width"], block["members"], block["members_per_shard"])
    return {width: shards(experiment, block["group"], width, members, per) for width, members, per in sizes}


def control_shards(experiment):
    """Paths of the shards of the negative control, trained without augmentation."""
    block = SETTINGS[experiment]["control"]
    return shards(experiment, NO_AUGMENTATION, block["width"], block["members"], block["members"])


rule train_shard:
    input:
        data=f"{RESULTS}/arrays/data/{{experiment}}.npz",
        learning_rate=rules.choose_learning_rate.output,
    output:
        f"{RESULTS}/arrays/ensembles/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}"
        "/width={width}/members={first}-{last}.npz",
    log:
        f"{RESULTS}/logs/train_shard/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}"
        "/width={width}/members={first}-{last}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_shard/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}"
        "/width={width}/members={first}-{last}.tsv"
    threads: 1
    resources:
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        symmetry=setting("{experiment}.group"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        seed=setting("seed"),
        device=setting("device"),
        members_per_chunk=setting("members_per_chunk"),
        code=step_code("train_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} of width {wildcards.width} for {wildcards.experiment}"
        " (augmentation {wildcards.augmentation})"
    shell:
        "ntklab train-shard --data {input.data} --learning-rate {input.learning_rate}"
        " --experiment {wildcards.experiment} --symmetry {params.symmetry} --augmentation {wildcards.augmentation}"
        " --depth {wildcards.depth} --width {wildcards.width} --first {wildcards.first} --last {wildcards.last}"
        " --recorded-steps {params.recorded_steps} --seed {params.seed} --device {params.device}"
        " --members-per-chunk {params.members_per_chunk} --output {output} > {log} 2>&1"


# The ensembles that the bridge compares: architecture, order of the group trained with, block of the filters.
BRIDGE = {
    "augmented": ("cnn", 4, "network"),
    "gcnn": ("gcnn", 1, "network"),
    "plain": ("cnn", 1, "network"),
    "mismatched": ("gcnn", 1, "mismatch"),
}
CONTROLS = ("plain", "mismatched")


def bridge_setting(key):
    """The filters or padding of the wildcard `ensemble`, for a rule's params."""
    return lambda wildcards: SETTINGS[wildcards.experiment][BRIDGE[wildcards.ensemble][2]][key]


def bridge_shards(wildcards):
    """The shards of both ensembles at every width, and of the controls at the widest."""
    block = SETTINGS[wildcards.experiment]
    ensembles = [(e, w) for e in BRIDGE for w in block["width"] if e not in CONTROLS or w == block["width"][-1]]
    return [
        f"{RESULTS}/arrays/ensembles/{wildcards.experiment}/ensemble={ensemble}/width={width}/members={first}-{last}.npz"
        for ensemble, width in ensembles
        for first, last in blocks_of(block["members"], block["members_per_shard"])
    ]


rule train_network_shard:
    input:
        data=rules.draw_image_subsets.output,
        limit=rules.predict_group_mean.output,
    output:
        f"{RESULTS}/arrays/ensembles/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/train_network_shard/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_network_shard/{{experiment}}/ensemble={{ensemble}}/width={{width}}/members={{first}}-{{last}}.tsv"
    threads: 1
    resources:
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        architecture=lambda wildcards: BRIDGE[wildcards.ensemble][0],
        augmentation=lambda wildcards: BRIDGE[wildcards.ensemble][1],
        filters=bridge_setting("filters"),
        padding=bridge_setting("padding"),
        weight_variance=setting("{experiment}.weight_variance"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        seed=setting("seed"),
        device=setting("device"),
        code=step_code("train_network_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} of the ensemble '{wildcards.ensemble}' of width"
        " {wildcards.width} for {wildcards.experiment}"
    shell:
        "ntklab train-network-shard --data {input.data} --limit {input.limit} --experiment {wildcards.experiment}"
        " --ensemble {wildcards.ensemble} --architecture {params.architecture} --augmentation {params.augmentation}"
        " --filters {params.filters} --padding {params.padding} --weight-variance {params.weight_variance}"
        " --width {wildcards.width} --first {wildcards.first} --last {wildcards.last}"
        " --recorded-steps {params.recorded_steps} --seed {params.seed} --device {params.device}"
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
        gpu=1 if CONFIG.device == "cuda" else 0,
    params:
        depth=setting("cross_product.depth"),
        width=setting("cross_product.width"),
        recorded_steps=setting("cross_product.recorded_steps"),
        seed=setting("seed"),
        device=setting("device"),
        members_per_chunk=setting("members_per_chunk"),
        code=step_code("train_equivariant_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} on the cross product (rotations {wildcards.rotations})"
    shell:
        "ntklab train-equivariant-shard --data {input.data} --limit {input.limit} --experiment cross_product"
        " --augmentation {wildcards.rotations} --depth {params.depth} --width {params.width}"
        " --first {wildcards.first} --last {wildcards.last} --recorded-steps {params.recorded_steps}"
        " --seed {params.seed} --device {params.device} --members-per-chunk {params.members_per_chunk}"
        " --output {output} > {log} 2>&1"


def classifier_shards(experiment, *models):
    """The shards of the named models of an image experiment: every group's, and those of the control."""
    block = SETTINGS[experiment]
    of_model = {
        "cnn": {group: block["members"] for group in block["groups"]} | {NO_AUGMENTATION: block["control_members"]},
        "steerable": {group: block["rivals"] for group in block["groups"]},
        "canonicalised": {group: block["rivals"] for group in block["groups"]},
    }
    return [
        f"{RESULTS}/arrays/ensembles/{experiment}/model={model}/group={group}/members={first}-{last}.npz"
        for model in models or of_model
        for group, members in of_model[model].items()
        for first, last in blocks_of(members, block["members_per_shard"])
    ]


rule train_classifier_shard:
    input:
        data=rules.prepare_image_orbits.output,
    output:
        f"{RESULTS}/arrays/ensembles/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/train_classifier_shard/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_classifier_shard/{{experiment}}/model={{model}}/group={{augmentation}}/members={{first}}-{{last}}.tsv"
    threads: 1
    resources:
        gpu=1 if CONFIG.device == "cuda" else 0,
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
        device=setting("device"),
        members_per_chunk=setting("members_per_chunk"),
        checkpoints=f"{RESULTS}/checkpoints",
        code=step_code("train_classifier_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} of the {wildcards.model} classifiers of"
        " {wildcards.experiment} (augmentation {wildcards.augmentation})"
    shell:
        "ntklab train-classifier-shard --data {input.data} --experiment {wildcards.experiment}"
        " --model {wildcards.model} --group {wildcards.augmentation} --first {wildcards.first} --last {wildcards.last}"
        " --channels {params.channels} --pooled {params.pooled}{params.hidden} --steps {params.steps}"
        " --batch {params.batch} --learning-rate {params.learning_rate} --recorded-steps {params.recorded_steps}"
        " --recorded-images {params.recorded_images} --seed {params.seed} --device {params.device}"
        " --members-per-chunk {params.members_per_chunk} --checkpoints {params.checkpoints}"
        " --output {output} > {log} 2>&1"
