# Images, for every experiment that has them: read from what is embedded or downloaded, and resized.
from ntklab.data.catalogue import CATALOGUE, downloads, location

MIRRORS = "".join(f" --mirrors {url}" for url in CONFIG.mirrors)


def files_of(data, source):
    """The published files that are downloaded before images of `data` can be read from `source`."""
    return [f"{CONFIG.downloads}/{data}/{file}" for file in downloads(data, source)]


def image_files(wildcards):
    """The downloads behind the images of an experiment."""
    block = SETTINGS[wildcards.experiment]
    return files_of(block["data"], block["source"])


def image_source(wildcards):
    """Where a step finds the images of an experiment."""
    block = SETTINGS[wildcards.experiment]
    return location(block["data"], block["source"], CONFIG.downloads)


def with_images(whole):
    """The experiments on images that are loaded whole, or of which a step reads the chosen ones, as a constraint."""
    sets = {name: SETTINGS[name].get("data") for name in catalogue.experiments()}
    return "|".join(name for name, data in sets.items() if data and bool(CATALOGUE[data].load) == whole) or "none"


def images_needed(experiment):
    """Numbers of training and test images of an experiment."""
    block = SETTINGS[experiment]
    if "repeats" in block:
        return max(block["training_sizes"]) * block["repeats"], block["test_images"] * block["repeats"]
    return block["training_images"], block["test_images"]


def warn_of_stand_ins():
    """Say it before a run at paper scale: figures and claims made with stand-in data are marked, but made."""
    for name in catalogue.experiments():
        if SCALE == "paper" and SETTINGS[name].get("source") == "stand_in":
            said = "STAND-IN DATA at paper scale; figures say so, claims stay undecided. Set source: full"
            print(f"WARNING: config.yaml, {name}.source: {said}", file=sys.stderr)


warn_of_stand_ins()


rule download_file:
    output:
        f"{CONFIG.downloads}/{{data}}/{{file}}",
    wildcard_constraints:
        data="|".join(CATALOGUE),
        file=r"[^/]+",
    log:
        f"{CONFIG.downloads}/logs/{{data}}/{{file}}.log",
    retries: 3
    message:
        "Downloading {wildcards.file} of {wildcards.data}"
    shell:
        "ntklab download-file --data {wildcards.data} --file {wildcards.file}"
        "{MIRRORS} --output {output} > {log} 2>&1"


rule prepare_images:
    input:
        files=image_files,
    output:
        f"{RESULTS}/arrays/data/images/{{experiment}}.npz",
    wildcard_constraints:
        experiment=with_images(whole=True),
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
        experiment=with_images(whole=False),
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
