"""The one dbt Python model: where each event happened. The work is in pipelines/analytics/places.py, pure and tested there."""


def model(dbt, session):
    """One row per current event; on an incremental build the touched ones, which replace their old rows."""
    dbt.config(
        materialized="incremental", incremental_strategy="touched", unique_key="event_id", touched=["staging", "stg_ops__touched"]
    )
    import polars as pl

    from pipelines.analytics.places import resolve_places, restate_places

    events = dbt.ref("int_event_place_input").pl()
    places = resolve_places(events, dbt.ref("int_grid_shape").pl(), dbt.ref("int_grid_alias").pl())
    restated = restate_places(places, events, dbt.ref("int_grid_restated_shape").pl())
    # The code as it came is kept for all events, not for touched ones only: spoilt codes are counted (int_dirt_event).
    sent = events.select("event_id", pl.coalesce("grid_code_sent", "place_code").alias("code_sent"))
    return restated.join(sent, on="event_id", how="left", validate="1:1").to_arrow()
