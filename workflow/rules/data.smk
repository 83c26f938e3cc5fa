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


rule sample_gaussian_images:
    output:
        f"{RESULTS}/arrays/data/kernel_convergence.npz",
    log:
        f"{RESULTS}/logs/sample_gaussian_images.log",
    params:
        key=setting("kernel_convergence.images_key"),
        images=setting("kernel_convergence.images"),
        size=setting("kernel_convergence.image_size"),
        channels=setting("kernel_convergence.channels"),
        code=step_code("sample_gaussian_images"),
    message:
        "Sampling {params.images} images of normal numbers"
    shell:
        "ntklab sample-gaussian-images --key {params.key} --images {params.images} --size {params.size}"
        " --channels {params.channels} --output {output} > {log} 2>&1"


rule prepare_images:
    output:
        f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
    log:
        f"{RESULTS}/logs/prepare_images/{{experiment}}.log",
    params:
        data=setting("{experiment}.data"),
        source=setting("{experiment}.source"),
        size=setting("{experiment}.image_size"),
        code=step_code("prepare_images"),
    message:
        "Resizing the images of {params.data} ({params.source}) to {params.size} x {params.size}"
    shell:
        "ntklab prepare-images --data {params.data} --source {params.source} --size {params.size}"
        " --output {output} > {log} 2>&1"


rule draw_image_subsets:
    output:
        f"{RESULTS}/arrays/data/image_subsets/{{experiment}}.npz",
    log:
        f"{RESULTS}/logs/draw_image_subsets/{{experiment}}.log",
    params:
        data=setting("{experiment}.data"),
        source=setting("{experiment}.source"),
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
