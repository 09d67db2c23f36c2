"""Which figures of few persons are hidden. The work is in pipelines/analytics/suppression.py, pure and tested there."""


def model(dbt, session):
    """One row per hidden block: metric, slice, area and year, with the height up to which its periods are hidden."""
    dbt.config(materialized="table")
    from pipelines.analytics.suppression import blocks_of_build

    today = dbt.ref("build_info").project("cast(as_of as date) as day").pl().item()
    paths = dbt.ref("int_grid_path").filter(f"span_from <= date '{today}' and span_to > date '{today}'")
    thresholds = dbt.ref("ref_threshold").filter("valid_to = date '9999-12-31'").pl()
    kinds = dbt.ref("ref_event_kind").filter("subject = 'matter'").pl()
    return blocks_of_build(dbt.ref("int_metric_value"), paths, thresholds, kinds["event_kind"].to_list()).to_arrow()
