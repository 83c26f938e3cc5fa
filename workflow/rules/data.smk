# Data sets: sampled here, or read from what is embedded or downloaded.
from ntklab.data.catalogue import downloads, location

DOWNLOADS = CONFIG.downloads


def files_of(data, source):
    """The published files that are downloaded before images of `data` can be read from `source`."""
    return [f"{DOWNLOADS}/{data}/{file}" for file in downloads(data, source)]


def image_files(wildcards):
    """The downloads behind the images of an experiment."""
    block = SETTINGS[wildcards.experiment]
    return files_of(block["data"], block["source"])


def image_source(wildcards):
    """Where a step finds the images of an experiment."""
    block = SETTINGS[wildcards.experiment]
    return location(block["data"], block["source"], DOWNLOADS)


def with_images(*data):
    """The experiments on images of one of these data sets, as a wildcard constraint."""
    return "|".join(name for name in EXPERIMENTS if SETTINGS[name].get("data") in data) or "none"


rule download_file:
    output:
        f"{DOWNLOADS}/{{data}}/{{file}}",
    log:
        f"{DOWNLOADS}/logs/{{data}}/{{file}}.log",
    retries: 3
    params:
        mirrors=lambda wildcards: f" --mirrors {' '.join(CONFIG.mirrors)}" if CONFIG.mirrors else "",
    message:
        "Downloading {wildcards.file} of {wildcards.data}"
    shell:
        "ntklab download-file --data {wildcards.data} --file {wildcards.file}{params.mirrors}"
        " --output {output} > {log} 2>&1"


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
    input:
        files=image_files,
    output:
        f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
    wildcard_constraints:
        experiment=with_images("fashion_mnist"),
    log:
        f"{RESULTS}/logs/prepare_images/{{experiment}}.log",
    params:
        data=setting("{experiment}.data"),
        source=image_source,
        size=setting("{experiment}.image_size"),
        code=step_code("prepare_images"),
    message:
        "Resizing the images of {params.data} ({params.source}) to {params.size} x {params.size}"
    shell:
        "ntklab prepare-images --data {params.data} --source {params.source} --size {params.size}"
        " --output {output} > {log} 2>&1"


rule prepare_histology:
    input:
        files=image_files,
    output:
        f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
    wildcard_constraints:
        experiment=with_images("histology"),
    log:
        f"{RESULTS}/logs/prepare_histology/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/prepare_histology/{{experiment}}.tsv"
    params:
        source=image_source,
        size=setting("{experiment}.image_size"),
        images=lambda wildcards: sum(images_needed(wildcards.experiment)),
        validation=lambda wildcards: images_needed(wildcards.experiment)[1],
        seed=setting("seed"),
        code=step_code("prepare_histology"),
    message:
        "Choosing {params.images} histological images ({params.source}) and resizing them to {params.size} x {params.size}"
    shell:
        "ntklab prepare-histology --source {params.source} --size {params.size} --images {params.images}"
        " --validation-images {params.validation} --seed {params.seed} --output {output} > {log} 2>&1"


def images_needed(experiment):
    """Numbers of training and test images of an experiment."""
    block = SETTINGS[experiment]
    if "repeats" in block:
        return max(block["training_sizes"]) * block["repeats"], block["test_images"] * block["repeats"]
    return block["training_images"], block["test_images"]


def ood_files(wildcards):
    """The downloads behind the sets off distribution of an experiment."""
    return [file for data, source in SETTINGS[wildcards.experiment]["ood"].items() for file in files_of(data, source)]


def ood_sources(wildcards):
    """Where a step finds each set off distribution."""
    return [location(data, source, DOWNLOADS) for data, source in SETTINGS[wildcards.experiment]["ood"].items()]


def orders(experiment):
    """Orders of the groups that an experiment trains with."""
    return [int(group.removeprefix("c")) for group in SETTINGS[experiment]["groups"]]


rule prepare_image_orbits:
    input:
        data=f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
        files=ood_files,
    output:
        f"{RESULTS}/arrays/data/image_orbits/{{experiment}}.npz",
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


rule draw_image_subsets:
    input:
        files=image_files,
    output:
        f"{RESULTS}/arrays/data/image_subsets/{{experiment}}.npz",
    log:
        f"{RESULTS}/logs/draw_image_subsets/{{experiment}}.log",
    params:
        data=setting("{experiment}.data"),
        source=image_source,
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
