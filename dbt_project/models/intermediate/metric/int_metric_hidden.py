"""Which figures of few persons are hidden. The work is in pipelines/analytics/suppression.py, pure and tested there."""


def model(dbt, session):
    """One row per hidden block: metric, slice, area and year, with the height up to which its periods are hidden."""
    dbt.config(materialized="table")
    from pipelines.analytics.suppression import blocks_of_build

    thresholds = dbt.ref("ref_threshold").filter("valid_to = date '9999-12-31'").pl()
    return blocks_of_build(dbt.ref("int_metric_value"), dbt.ref("int_grid_path"), thresholds).to_arrow()
