"""The one dbt Python model: where each event happened. The work is in pipelines/analytics/places.py, pure and tested there."""


def model(dbt, session):
    """One row per current event; on an incremental build the touched ones, which replace their old rows."""
    dbt.config(
        materialized="incremental", incremental_strategy="touched", unique_key="event_id", touched=["staging", "stg_ops__touched"]
    )
    from pipelines.analytics.places import resolve_places, restate_places

    events = dbt.ref("int_event_place_input").pl()
    places = resolve_places(events, dbt.ref("int_grid_shape").pl(), dbt.ref("int_grid_alias").pl())
    return restate_places(places, events, dbt.ref("int_grid_restated_shape").pl()).to_arrow()
