# Infinitely wide networks predict the energies of molecules: fully connected, residual, SO(3)-equivariant.
MOLECULE_MODELS = ("mlp", "residual", "rotated", "so3")


wildcard_constraints:
    molecule_model="|".join(MOLECULE_MODELS),


def molecule_source(wildcards):
    """The user's own copy of QM9, if the config names one: a file or folder that results depend on."""
    source = SETTINGS["molecules"]["source"]
    return [] if source in ("embedded", "qm9pack") else source


def spherical_network(wildcards):
    """The SO(3)-equivariant network as JSON."""
    return json.dumps(SETTINGS["molecules"]["spherical"])


def molecule_kernels(wildcards):
    """The kernels of all models and draws."""
    return expand(
        rules.compute_molecule_kernels.output,
        molecule_model=MOLECULE_MODELS,
        repeat=range(SETTINGS["molecules"]["repeats"]),
    )


rule prepare_molecules:
    input:
        molecule_source,
    output:
        f"{RESULTS}/arrays/data/molecules.npz",
    log:
        f"{RESULTS}/logs/prepare_molecules.log",
    params:
        source=setting("molecules.source"),
        repeats=setting("molecules.repeats"),
        training_molecules=lambda wildcards: max(SETTINGS["molecules"]["training_sizes"]),
        test_molecules=setting("molecules.test_molecules"),
        seed=setting("seed"),
        code=step_code("prepare_molecules"),
    message:
        "Choosing {params.repeats} times {params.training_molecules} training and {params.test_molecules} test molecules"
        " of QM9 ({params.source})"
    shell:
        "ntklab prepare-molecules --source {params.source:q} --experiment molecules --repeats {params.repeats}"
        " --training-molecules {params.training_molecules} --test-molecules {params.test_molecules}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule compute_molecule_kernels:
    input:
        data=rules.prepare_molecules.output,
    output:
        f"{RESULTS}/arrays/kernels/molecules/model={{molecule_model}}/repeat={{repeat}}.npz",
    wildcard_constraints:
        repeat=r"\d+",
    log:
        f"{RESULTS}/logs/compute_molecule_kernels/model={{molecule_model}}/repeat={{repeat}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/compute_molecule_kernels/model={{molecule_model}}/repeat={{repeat}}.tsv"
    params:
        training_molecules=lambda wildcards: max(SETTINGS["molecules"]["training_sizes"]),
        test_molecules=setting("molecules.test_molecules"),
        bandlimit=setting("molecules.bandlimit"),
        spherical=spherical_network,
        copies=setting("molecules.rotated_copies"),
        tolerance=setting("molecules.tolerance"),
        seed=setting("seed"),
        code=step_code("compute_molecule_kernels"),
    message:
        "Computing the kernels of {params.training_molecules} training and {params.test_molecules} test molecules"
        " (model {wildcards.molecule_model}, repeat {wildcards.repeat})"
    shell:
        "ntklab compute-molecule-kernels --data {input.data} --experiment molecules --model {wildcards.molecule_model}"
        " --repeat {wildcards.repeat} --training-molecules {params.training_molecules}"
        " --test-molecules {params.test_molecules} --bandlimit {params.bandlimit} --spherical {params.spherical:q}"
        " --copies {params.copies} --tolerance {params.tolerance} --seed {params.seed}"
        " --cache {RESULTS}/arrays/kernels/molecule_tiles --output {output} > {log} 2>&1"


rule predict_energies:
    input:
        data=rules.prepare_molecules.output,
        kernels=molecule_kernels,
    output:
        f"{RESULTS}/arrays/kernels/molecules/predictions.npz",
    log:
        f"{RESULTS}/logs/predict_energies.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_energies.tsv"
    params:
        training_sizes=setting("molecules.training_sizes"),
        ridge=setting("molecules.ridge"),
        code=step_code("predict_energies"),
    message:
        "Predicting energies after training on {params.training_sizes} molecules"
    shell:
        "ntklab predict-energies --data {input.data} --kernels {input.kernels}"
        " --training-sizes {params.training_sizes} --ridge {params.ridge} --experiment molecules"
        " --output {output} > {log} 2>&1"


rule measure_energies:
    input:
        predictions=rules.predict_energies.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/molecules_energy_errors.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_energies.log",
    params:
        code=step_code("measure_energies"),
    message:
        "Measuring the errors of predicted energies"
    shell:
        "ntklab measure-energies --predictions {input.predictions} --experiment molecules --output {output} > {log} 2>&1"


rule measure_turned_predictions:
    input:
        data=rules.prepare_molecules.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/molecules_turned_predictions.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/measure_turned_predictions.log",
    benchmark:
        f"{RESULTS}/benchmarks/measure_turned_predictions.tsv"
    params:
        bandlimits=setting("molecules.invariance.bandlimits"),
        training_molecules=setting("molecules.invariance.training_molecules"),
        test_molecules=setting("molecules.invariance.test_molecules"),
        rotations=setting("molecules.invariance.rotations"),
        spherical=spherical_network,
        copies=setting("molecules.rotated_copies"),
        ridge=setting("molecules.ridge"),
        tolerance=setting("molecules.tolerance"),
        seed=setting("seed"),
        code=step_code("measure_turned_predictions"),
    message:
        "Predicting the energies of {params.test_molecules} molecules, each turned {params.rotations} times"
    shell:
        "ntklab measure-turned-predictions --data {input.data} --experiment molecules --bandlimits {params.bandlimits}"
        " --training-molecules {params.training_molecules} --test-molecules {params.test_molecules}"
        " --rotations {params.rotations} --spherical {params.spherical:q} --copies {params.copies}"
        " --ridge {params.ridge} --tolerance {params.tolerance} --seed {params.seed} --output {output} > {log} 2>&1"


rule compare_haar_average:
    input:
        data=rules.prepare_molecules.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/molecules_haar_average.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/compare_haar_average.log",
    params:
        bandlimit=setting("molecules.bandlimit"),
        spherical=spherical_network,
        tolerance=setting("molecules.tolerance"),
        code=step_code("compare_haar_average"),
    message:
        "Comparing the SO(3)-equivariant kernel with averages over rotations"
    shell:
        "ntklab compare-haar-average --data {input.data} --experiment molecules --bandlimit {params.bandlimit}"
        " --spherical {params.spherical:q} --tolerance {params.tolerance} --output {output} > {log} 2>&1"


rule tabulate_signals:
    input:
        data=rules.prepare_molecules.output,
    output:
        ensure(f"{RESULTS}/tables/equivntk/molecules_signals.parquet", non_empty=True),
    log:
        f"{RESULTS}/logs/tabulate_signals.log",
    params:
        bandlimits=setting("molecules.picture_bandlimits"),
        code=step_code("tabulate_signals"),
    message:
        "Tabulating what one atom sees, at bandlimits {params.bandlimits}"
    shell:
        "ntklab tabulate-signals --data {input.data} --experiment molecules --bandlimits {params.bandlimits}"
        " --output {output} > {log} 2>&1"
