# Kernels of finite group-convolutional and SO(3)-equivariant networks, drawn at random, against the analytic ones.


wildcard_constraints:
    convergence="kernel_convergence|so3_convergence",


def draws(wildcards):
    """The shards of draws of every width."""
    block = SETTINGS[wildcards.convergence]
    folder = f"{RESULTS}/arrays/kernels/{wildcards.convergence}"
    return [
        path
        for width in block["width"]
        for path in shards(
            f"{folder}/width={width}/draws={{first}}-{{last}}.npz", block["draws"], block["draws_per_shard"]
        )
    ]


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


rule compute_kernels:
    input:
        data=rules.sample_gaussian_images.output,
    output:
        f"{RESULTS}/arrays/kernels/kernel_convergence/kernels.npz",
    log:
        f"{RESULTS}/logs/compute_kernels.log",
    params:
        network=network("kernel_convergence"),
        group=setting("kernel_convergence.group"),
        code=step_code("compute_kernels"),
    message:
        "Computing the analytic kernels of the group-convolutional network"
    shell:
        "ntklab compute-kernels --data {input.data} --network {params.network:q} --group {params.group}"
        " --output {output} > {log} 2>&1"


rule sample_empirical_kernels:
    input:
        data=rules.sample_gaussian_images.output,
    output:
        f"{RESULTS}/arrays/kernels/kernel_convergence/width={{width}}/draws={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/sample_empirical_kernels/width={{width}}/draws={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/sample_empirical_kernels/width={{width}}/draws={{first}}-{{last}}.tsv"
    params:
        network=network("kernel_convergence"),
        group=setting("kernel_convergence.group"),
        outputs=setting("kernel_convergence.outputs"),
        seed=setting("seed"),
        code=step_code("sample_empirical_kernels"),
    message:
        "Computing the kernels of draws {wildcards.first} to {wildcards.last} of networks of width {wildcards.width}"
    shell:
        "ntklab sample-empirical-kernels --data {input.data} --network {params.network:q} --group {params.group}"
        " --outputs {params.outputs} --width {wildcards.width} --first {wildcards.first} --last {wildcards.last} --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule sample_spherical_signals:
    output:
        f"{RESULTS}/arrays/data/so3_convergence.npz",
    log:
        f"{RESULTS}/logs/sample_spherical_signals.log",
    params:
        signals=setting("so3_convergence.signals"),
        bandlimit=setting("so3_convergence.spherical.bandlimit"),
        channels=setting("so3_convergence.channels"),
        seed=setting("seed"),
        code=step_code("sample_spherical_signals"),
    message:
        "Sampling {params.signals} normal signals on the sphere"
    shell:
        "ntklab sample-spherical-signals --signals {params.signals} --bandlimit {params.bandlimit}"
        " --channels {params.channels} --experiment so3_convergence --seed {params.seed} --output {output} > {log} 2>&1"


rule compute_so3_kernels:
    input:
        data=rules.sample_spherical_signals.output,
    output:
        f"{RESULTS}/arrays/kernels/so3_convergence/kernels.npz",
    log:
        f"{RESULTS}/logs/compute_so3_kernels.log",
    params:
        spherical=network("so3_convergence", "spherical"),
        grid=setting("so3_convergence.grid"),
        code=step_code("compute_so3_kernels"),
    message:
        "Computing the analytic kernels of the SO(3)-equivariant network"
    shell:
        "ntklab compute-so3-kernels --data {input.data} --spherical {params.spherical:q} --grid {params.grid}"
        " --output {output} > {log} 2>&1"


rule sample_so3_kernels:
    input:
        data=rules.sample_spherical_signals.output,
    output:
        f"{RESULTS}/arrays/kernels/so3_convergence/width={{width}}/draws={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/sample_so3_kernels/width={{width}}/draws={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/sample_so3_kernels/width={{width}}/draws={{first}}-{{last}}.tsv"
    params:
        spherical=network("so3_convergence", "spherical"),
        grid=setting("so3_convergence.grid"),
        outputs=setting("so3_convergence.outputs"),
        seed=setting("seed"),
        code=step_code("sample_so3_kernels"),
    message:
        "Computing the kernels of draws {wildcards.first} to {wildcards.last} of SO(3)-equivariant networks of width"
        " {wildcards.width}"
    shell:
        "ntklab sample-so3-kernels --data {input.data} --spherical {params.spherical:q} --grid {params.grid}"
        " --outputs {params.outputs} --width {wildcards.width} --first {wildcards.first} --last {wildcards.last}"
        " --seed {params.seed} --output {output} > {log} 2>&1"


rule measure_kernel_convergence:
    input:
        kernels=f"{RESULTS}/arrays/kernels/{{convergence}}/kernels.npz",
        draws=draws,
    output:
        table=ensure(f"{RESULTS}/tables/equivntk/{{convergence}}.parquet", non_empty=True),
        replicates=f"{RESULTS}/tables/equivntk/{{convergence}}_replicates.parquet",
    log:
        f"{RESULTS}/logs/measure_kernel_convergence/{{convergence}}.log",
    params:
        bootstrap=setting("{convergence}.bootstrap"),
        seed=setting("seed"),
        code=step_code("measure_kernel_convergence"),
    message:
        "Comparing the kernels of finite networks with the analytic ones ({wildcards.convergence})"
    shell:
        "ntklab measure-kernel-convergence --kernels {input.kernels} --draws {input.draws}"
        " --bootstrap {params.bootstrap} --seed {params.seed} --experiment {wildcards.convergence}"
        " --output {output.table} --output-replicates {output.replicates} > {log} 2>&1"
