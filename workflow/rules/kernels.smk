# Infinite width: analytic kernels, learning rates and mean predictions.


NETWORK_FLAGS = (
    " --filters {params.filters} --padding {params.padding} --nonlinearity {params.nonlinearity}"
    " --weight-variance {params.weight_variance} --bias-variance {params.bias_variance}"
)


def network_settings(experiment):
    """The params behind NETWORK_FLAGS: every setting of the experiment's convolutional architecture."""
    keys = ("filters", "padding", "nonlinearity", "weight_variance", "bias_variance")
    return {key: setting(f"{experiment}.network.{key}") for key in keys}


rule choose_learning_rate:
    input:
        data=f"{RESULTS}/arrays/data/{{experiment}}.npz",
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}/learning_rate.json",
    log:
        f"{RESULTS}/logs/choose_learning_rate/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}.log",
    params:
        factor=setting("{experiment}.learning_rate_factor"),
        code=step_code("choose_learning_rate"),
    message:
        "Choosing the learning rate of {wildcards.experiment} (augmentation {wildcards.augmentation}) from the analytic NTK"
    shell:
        "ntklab choose-learning-rate --data {input.data} --augmentation {wildcards.augmentation}"
        " --depth {wildcards.depth} --factor {params.factor} --output {output} > {log} 2>&1"


rule predict_mean:
    input:
        data=f"{RESULTS}/arrays/data/{{experiment}}.npz",
        learning_rate=rules.choose_learning_rate.output,
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}/mean_prediction.npz",
    log:
        f"{RESULTS}/logs/predict_mean/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_mean/{{experiment}}/augmentation={{augmentation}}/depth={{depth}}.tsv"
    params:
        symmetry=setting("{experiment}.group"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        code=step_code("predict_mean"),
    message:
        "Predicting mean and covariance of infinitely wide ensembles of {wildcards.experiment}"
        " (augmentation {wildcards.augmentation})"
    shell:
        "ntklab predict-mean --data {input.data} --learning-rate {input.learning_rate} --symmetry {params.symmetry}"
        " --augmentation {wildcards.augmentation} --depth {wildcards.depth}"
        " --recorded-steps {params.recorded_steps} --output {output} > {log} 2>&1"


rule compute_kernels:
    input:
        data=f"{RESULTS}/arrays/data/kernel_convergence.npz",
    output:
        f"{RESULTS}/arrays/kernels/kernel_convergence/kernels.npz",
    log:
        f"{RESULTS}/logs/compute_kernels.log",
    params:
        **network_settings("kernel_convergence"),
        code=step_code("compute_kernels"),
    message:
        "Computing the analytic kernels of the group-convolutional network"
    shell:
        "ntklab compute-kernels --data {input.data}" + NETWORK_FLAGS + " --output {output} > {log} 2>&1"


rule sample_empirical_kernels:
    input:
        data=f"{RESULTS}/arrays/data/kernel_convergence.npz",
    output:
        f"{RESULTS}/arrays/kernels/kernel_convergence/width={{width}}/draws={{first}}-{{last}}.npz",
    log:
        f"{RESULTS}/logs/sample_empirical_kernels/width={{width}}/draws={{first}}-{{last}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/sample_empirical_kernels/width={{width}}/draws={{first}}-{{last}}.tsv"
    params:
        **network_settings("kernel_convergence"),
        outputs=setting("kernel_convergence.outputs"),
        seed=setting("seed"),
        code=step_code("sample_empirical_kernels"),
    message:
        "Computing the kernels of draws {wildcards.first} to {wildcards.last} of networks of width {wildcards.width}"
    shell:
        "ntklab sample-empirical-kernels --data {input.data}" + NETWORK_FLAGS + " --outputs {params.outputs}"
        " --width {wildcards.width} --first {wildcards.first} --last {wildcards.last} --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule compute_orbit_kernels:
    input:
        data=rules.prepare_images.output,
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/orbit_kernels/repeat={{repeat}}.npz",
    log:
        f"{RESULTS}/logs/compute_orbit_kernels/{{experiment}}/repeat={{repeat}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/compute_orbit_kernels/{{experiment}}/repeat={{repeat}}.tsv"
    params:
        **network_settings("{experiment}"),
        training_images=lambda wildcards: max(SETTINGS[wildcards.experiment]["training_sizes"]),
        test_images=setting("{experiment}.test_images"),
        precision=setting("{experiment}.precision"),
        seed=setting("seed"),
        cache=f"{RESULTS}/arrays/kernels/tiles",
        code=step_code("compute_orbit_kernels"),
    message:
        "Computing the kernels of {params.training_images} training and {params.test_images} test images of"
        " {wildcards.experiment} in all rotations (repeat {wildcards.repeat})"
    shell:
        "ntklab compute-orbit-kernels --data {input.data} --experiment {wildcards.experiment}"
        " --repeat {wildcards.repeat} --training-images {params.training_images} --test-images {params.test_images}"
        + NETWORK_FLAGS + " --precision {params.precision} --seed {params.seed} --cache {params.cache}"
        " --output {output} > {log} 2>&1"


rule predict_classes:
    input:
        kernels=lambda wildcards: expand(
            rules.compute_orbit_kernels.output,
            experiment=wildcards.experiment,
            repeat=range(SETTINGS[wildcards.experiment]["repeats"]),
        ),
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/predictions.npz",
    log:
        f"{RESULTS}/logs/predict_classes/{{experiment}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_classes/{{experiment}}.tsv"
    params:
        **network_settings("{experiment}"),
        training_sizes=setting("{experiment}.training_sizes"),
        ridge=setting("{experiment}.ridge"),
        seed=setting("seed"),
        code=step_code("predict_classes"),
    message:
        "Predicting the classes of test images after training on {params.training_sizes} images"
    shell:
        "ntklab predict-classes --kernels {input.kernels} --training-sizes {params.training_sizes}"
        " --ridge {params.ridge}" + NETWORK_FLAGS + " --experiment {wildcards.experiment} --seed {params.seed}"
        " --output {output} > {log} 2>&1"


rule predict_group_mean:
    input:
        data=rules.draw_image_subsets.output,
    output:
        f"{RESULTS}/arrays/kernels/{{experiment}}/group_mean_prediction.npz",
    log:
        f"{RESULTS}/logs/predict_group_mean/{{experiment}}.log",
    params:
        filters=setting("{experiment}.network.filters"),
        padding=setting("{experiment}.network.padding"),
        weight_variance=setting("{experiment}.weight_variance"),
        factor=setting("{experiment}.learning_rate_factor"),
        recorded_steps=setting("{experiment}.recorded_steps"),
        code=step_code("predict_group_mean"),
    message:
        "Predicting the mean of infinitely wide group-convolutional ensembles of {wildcards.experiment}"
    shell:
        "ntklab predict-group-mean --data {input.data} --filters {params.filters} --padding {params.padding}"
        " --weight-variance {params.weight_variance} --factor {params.factor}"
        " --recorded-steps {params.recorded_steps} --output {output} > {log} 2>&1"


rule predict_equivariant_mean:
    input:
        data=rules.sample_cross_product.output,
    output:
        f"{RESULTS}/arrays/kernels/cross_product/rotations={{rotations}}/mean_prediction.npz",
    log:
        f"{RESULTS}/logs/predict_equivariant_mean/rotations={{rotations}}.log",
    benchmark:
        f"{RESULTS}/benchmarks/predict_equivariant_mean/rotations={{rotations}}.tsv"
    params:
        depth=setting("cross_product.depth"),
        factor=setting("cross_product.learning_rate_factor"),
        recorded_steps=setting("cross_product.recorded_steps"),
        code=step_code("predict_equivariant_mean"),
    message:
        "Predicting the mean of infinitely wide ensembles that learn the cross product (rotations {wildcards.rotations})"
    shell:
        "ntklab predict-equivariant-mean --data {input.data} --augmentation {wildcards.rotations}"
        " --depth {params.depth} --factor {params.factor} --recorded-steps {params.recorded_steps}"
        " --output {output} > {log} 2>&1"
