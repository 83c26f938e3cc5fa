# Claims: what the papers say, and what the numbers of this run say to it.


rule check_claims:
    input:
        tables=TABLES,
    output:
        report(CLAIMS.replace(".parquet", ".html"), caption="../report/claims.rst", category="claims"),
        table=CLAIMS,
    log:
        f"{RESULTS}/logs/check_claims.log",
    params:
        names=list(SCHEMAS),
        scale=SCALE,
        code=step_code("check_claims"),
    message:
        "Checking the papers' claims at {params.scale} scale"
    shell:
        "ntklab check-claims --names {params.names} --tables {input.tables} --scale {params.scale}"
        " --output {output.table} --output-html {output[0]} > {log} 2>&1"
