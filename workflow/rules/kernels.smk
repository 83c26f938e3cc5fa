# Infinite width: analytic kernels, learning rates and mean predictions.


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
