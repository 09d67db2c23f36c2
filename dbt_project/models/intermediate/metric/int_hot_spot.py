"""Hot spots per kind of case and area. The rule is in pipelines/analytics/hotspots.py, pure and tested there."""


def model(dbt, session):
    """One row per area and kind, made anew with every build: every area's z hangs on all areas."""
    dbt.config(materialized="table")
    from pipelines.analytics.hotspots import hot_spots, rule_of

    areas = dbt.ref("int_hot_spot_area").pl()
    return hot_spots(dbt.ref("int_hot_spot_count").pl(), areas, rule_of(dbt.ref("ref_threshold").pl())).to_arrow()
