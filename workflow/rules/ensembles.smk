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
