# Claims: what the papers say, and what the numbers of this run say to it.
CLAIMS = f"{RESULTS}/claims/claims.parquet"
EXPERIMENTS = list(catalogue.experiments())


def claims_code(*experiments):
    """Digest of the code behind the claims of some experiments."""
    modules = {f"{room.package}.claims:CLAIMS" for room in (catalogue.experiments()[name] for name in experiments)}
    return code_digest("ntklab.pipeline.steps.check_claims:check_claims", *sorted(modules))


rule check_claims:
    input:
        tables=table_paths(tables_of(*EXPERIMENTS)),
    output:
        report(CLAIMS.replace(".parquet", ".html"), caption="../report/claims.rst", category="claims"),
        table=CLAIMS,
    localrule: True
    log:
        f"{RESULTS}/logs/check_claims.log",
    params:
        experiments=EXPERIMENTS,
        names=tables_of(*EXPERIMENTS),
        scale=SCALE,
        code=claims_code(*EXPERIMENTS),
    message:
        "Checking all claims at {params.scale} scale"
    shell:
        "ntklab check-claims --experiments {params.experiments} --names {params.names} --tables {input.tables}"
        " --scale {params.scale} --output {output.table} --output-html {output[0]} > {log} 2>&1"


# Of one experiment, without running the others: for the targets that name experiments.
rule check_claims_of:
    input:
        tables=lambda wildcards: table_paths(tables_of(wildcards.experiment)),
    output:
        f"{RESULTS}/claims/{{experiment}}.parquet",
    wildcard_constraints:
        experiment="|".join(EXPERIMENTS),
    localrule: True
    log:
        f"{RESULTS}/logs/check_claims/{{experiment}}.log",
    params:
        names=lambda wildcards: tables_of(wildcards.experiment),
        scale=SCALE,
        code=lambda wildcards: claims_code(wildcards.experiment),
    message:
        "Checking the claims about {wildcards.experiment} at {params.scale} scale"
    shell:
        "ntklab check-claims --experiments {wildcards.experiment} --names {params.names} --tables {input.tables}"
        " --scale {params.scale} --output {output} > {log} 2>&1"
