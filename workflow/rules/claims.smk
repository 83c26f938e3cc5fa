# Claims: what the papers say, and what the numbers of this run say to it.


def claims_of(*experiments):
    """Paths of the checked claims of the given experiments."""
    return [f"{RESULTS}/claims/{experiment}.parquet" for experiment in experiments]


rule check_claims:
    input:
        tables=lambda wildcards: [f"{RESULTS}/tables/{name}.parquet" for name in tables_of(wildcards.experiment)],
    output:
        f"{RESULTS}/claims/{{experiment}}.parquet",
    log:
        f"{RESULTS}/logs/check_claims/{{experiment}}.log",
    params:
        names=lambda wildcards: tables_of(wildcards.experiment),
        scale=SCALE,
        code=step_code("check_claims"),
    message:
        "Checking the claims about {wildcards.experiment} at {params.scale} scale"
    shell:
        "ntklab check-claims --names {params.names} --tables {input.tables} --scale {params.scale}"
        " --output {output} > {log} 2>&1"


rule collect_claims:
    input:
        claims=claims_of(*EXPERIMENTS),
    output:
        report(CLAIMS.replace(".parquet", ".html"), caption="../report/claims.rst", category="claims"),
        table=CLAIMS,
    log:
        f"{RESULTS}/logs/collect_claims.log",
    params:
        code=step_code("collect_claims"),
    message:
        "Collecting the claims of all experiments"
    shell:
        "ntklab collect-claims --claims {input.claims} --output {output.table} --output-html {output[0]} > {log} 2>&1"
