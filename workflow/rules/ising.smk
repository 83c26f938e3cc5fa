# Ising lattices: ensembles of every width trained on full orbits, their limit, and a control without augmentation.


def ising_limits(file):
    """Paths of a file of the infinite-width ensemble, for the augmented one and for the control."""
    block = SETTINGS["ising"]
    folder = f"{RESULTS}/arrays/kernels/ising/augmentation={{}}/depth={block['depth']}/{file}"
    return [folder.format(augmentation) for augmentation in (block["group"], NO_AUGMENTATION)]


def ising_shards(augmentation, width, members, per_shard):
    """Paths of the shards of one ensemble of `members` networks."""
    folder = f"augmentation={augmentation}/depth={SETTINGS['ising']['depth']}/width={width}"
    return shards(f"{RESULTS}/arrays/ensembles/ising/{folder}/members={{first}}-{{last}}.npz", members, per_shard)


def augmented_shards():
    """Paths of the shards of every width, trained on full orbits: one list for each width."""
    block = SETTINGS["ising"]
    sizes = zip(block["width"], block["members_per_shard"])
    return [ising_shards(block["group"], width, block["members"], per) for width, per in sizes]


def all_ising_shards(wildcards):
    """The shards of every width and of the negative control."""
    control = SETTINGS["ising"]["control"]
    of_control = ising_shards(NO_AUGMENTATION, control["width"], control["members"], control["members"])
    return [path for paths in augmented_shards() for path in paths] + of_control


rule sample_ising:
    output:
        f"{RESULTS}/arrays/data/ising.npz",
    log:
        f"{RESULTS}/logs/sample_ising.log",
    benchmark:
        f"{RESULTS}/benchmarks/sample_ising.tsv"
    params:
        lattice_size=setting("ising.lattice_size"),
        coupling=setting("ising.coupling"),
        beta=setting("ising.beta"),
        ordered_beta=setting("ising.ordered_beta"),
        wolff_updates=setting("ising.wolff_updates"),
        training_samples=setting("ising.training_samples"),
        test_samples=setting("ising.test_samples"),
        seed=setting("seed"),
        code=step_code("sample_ising"),
    message:
        "Sampling {params.training_samples} training and 4 x {params.test_samples} test lattices of side {params.lattice_size}"
    shell:
        "ntklab sample-ising --lattice-size {params.lattice_size} --coupling {params.coupling} --beta {params.beta}"
        " --ordered-beta {params.ordered_beta} --wolff-updates {params.wolff_updates} --training-samples {params.training_samples}"
        " --test-samples {params.test_samples} --seed {params.seed} --output {output} > {log} 2>&1"


rule choose_learning_rate:
    input:
        data=rules.sample_ising.output,
    output:
        f"{RESULTS}/arrays/kernels/ising/augmentation={{augmentation}}/depth={{depth}}/learning_rate.json",
    log:
        f"{RESULTS}/logs/choose_learning_rate/ising/augmentation={{augmentation}}/depth={{depth}}.log",
    params:
        factor=setting("ising.learning_rate_factor"),
        code=step_code("choose_learning_rate"),
    message:
        "Choosing the learning rate on Ising lattices (augmentation {wildcards.augmentation}) from the analytic NTK"
    shell:
        "ntklab choose-learning-rate --data {input.data} --augmentation {wildcards.augmentation}"
        " --depth {wildcards.depth} --factor {params.factor} --output {output} > {log} 2>&1"


rule predict_mean:
    input:
        data=rules.sample_ising.output,
        learning_rate=rules.choose_learning_rate.output,
    output:
        f"{RESULTS}/arrays/kernels/ising/augmentation={{augmentation}}/depth={{depth}}/mean_prediction.npz",
    log:
        f"{RESULTS}/logs/predict_mean/ising/augmentation={{augmentation}}/depth={{depth}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_mean/ising/augmentation={{augmentation}}/depth={{depth}}.tsv"
    params:
        symmetry=setting("ising.group"),
        recorded_steps=setting("ising.recorded_steps"),
        code=step_code("predict_mean"),
    message:
        "Predicting mean and covariance of infinitely wide ensembles on Ising lattices (augmentation {wildcards.augmentation})"
    shell:
        "ntklab predict-mean --data {input.data} --learning-rate {input.learning_rate} --symmetry {params.symmetry}"
        " --augmentation {wildcards.augmentation} --depth {wildcards.depth}"
        " --recorded-steps {params.recorded_steps} --output {output} > {log} 2>&1"


rule train_shard:
    input:
        data=rules.sample_ising.output,
        learning_rate=rules.choose_learning_rate.output,
    output:
        f"{RESULTS}/arrays/ensembles/ising/augmentation={{augmentation}}/depth={{depth}}/width={{width}}"
        "/members={first}-{last}.npz",
    log:
        f"{RESULTS}/logs/train_shard/ising/augmentation={{augmentation}}/depth={{depth}}/width={{width}}"
        "/members={first}-{last}.log",
    benchmark:
        f"{RESULTS}/benchmarks/train_shard/ising/augmentation={{augmentation}}/depth={{depth}}/width={{width}}"
        "/members={first}-{last}.tsv"
    threads: 1
    resources:
        gpu=GPU,
    params:
        symmetry=setting("ising.group"),
        recorded_steps=setting("ising.recorded_steps"),
        precision=setting("precision"),
        seed=setting("seed"),
        code=step_code("train_shard"),
    message:
        "Training members {wildcards.first} to {wildcards.last} of width {wildcards.width} on Ising lattices"
        " (augmentation {wildcards.augmentation})"
    shell:
        "ntklab train-shard --data {input.data} --learning-rate {input.learning_rate}"
        " --experiment ising --symmetry {params.symmetry} --augmentation {wildcards.augmentation}"
        " --depth {wildcards.depth} --width {wildcards.width} --first {wildcards.first} --last {wildcards.last}"
        " --recorded-steps {params.recorded_steps} --precision {params.precision} --seed {params.seed}"
        " --device {CONFIG.device} --members-per-chunk {CONFIG.members_per_chunk} --output {output} > {log} 2>&1"


rule measure_invariance:
    input:
        data=rules.sample_ising.output,
        predictions=all_ising_shards,
        limits=ising_limits("mean_prediction.npz"),
    output:
        ensure(f"{RESULTS}/tables/ensembles/ising_invariance.parquet", non_empty=True),
        moments=f"{RESULTS}/tables/ensembles/ising_moments.parquet",
    log:
        f"{RESULTS}/logs/measure_invariance.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_invariance.tsv"
    params:
        sizes=setting("ising.ensemble_sizes"),
        code=step_code("measure_invariance"),
    message:
        "Measuring how invariant the ensembles on Ising lattices are over their orbits"
    shell:
        "ntklab measure-invariance --data {input.data} --predictions {input.predictions} --limits {input.limits}"
        " --sizes {params.sizes} --experiment ising --output {output[0]} --output-moments {output.moments} > {log} 2>&1"


rule tabulate_example:
    input:
        data=rules.sample_ising.output,
        predictions=lambda wildcards: augmented_shards()[0],
    output:
        lattice=f"{RESULTS}/tables/ensembles/ising_example_lattice.parquet",
        prediction=f"{RESULTS}/tables/ensembles/ising_example_prediction.parquet",
    log:
        f"{RESULTS}/logs/tabulate_example.log",
    params:
        symmetry=setting("ising.group"),
        code=step_code("tabulate_example"),
    message:
        "Tabulating one Ising lattice with its orbit and the predictions for it"
    shell:
        "ntklab tabulate-example --data {input.data} --predictions {input.predictions} --symmetry {params.symmetry}"
        " --experiment ising --output-lattice {output.lattice} --output-prediction {output.prediction} > {log} 2>&1"
