# Data sets: sampled here, or read from what is embedded or downloaded.


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
        wolff_updates=setting("ising.wolff_updates"),
        training_samples=setting("ising.training_samples"),
        test_samples=setting("ising.test_samples"),
        seed=setting("seed"),
        code=step_code("sample_ising"),
    message:
        "Sampling {params.training_samples} training and 3 x {params.test_samples} test lattices of side {params.lattice_size}"
    shell:
        "ntklab sample-ising --lattice-size {params.lattice_size} --coupling {params.coupling} --beta {params.beta}"
        " --wolff-updates {params.wolff_updates} --training-samples {params.training_samples}"
        " --test-samples {params.test_samples} --seed {params.seed} --output {output} > {log} 2>&1"
