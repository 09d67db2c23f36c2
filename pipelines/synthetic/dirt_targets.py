"""Targets: which columns of a feed's exports can have which dirt.

Belongs here: the table. Does not: how often, how it looks, which rows (dirt, dirt_forms).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Targets:
    """Which columns of a feed can have which dirt."""

    times: tuple[str, ...]
    clocks: tuple[str, ...]
    numbers: tuple[str, ...]
    coded: tuple[str, ...]
    unknowable: tuple[str, ...]
    optional: tuple[str, ...]
    place: str


TARGETS = {
    "police_incident": Targets(
        ("reported_at", "reported_at", "finished_at"), ("reported_at", "dispatched_at"), ("lon",),
        ("intake_channel", "severity", "outcome_code", "case_nature", "station_name", "class_l2_code"),
        ("intake_channel", "outcome_code", "station_name"), ("address_text", "severity", "outcome_code"), "grid_code",
    ),
    "urban_case": Targets(
        ("reported_at", "reported_at", "registered_at", "closed_at"), ("reported_at", "accepted_at"),
        ("limit_value", "rework_n", "return_n"),
        ("intake_channel", "item_type", "class_text", "limit_type", "handle_dept_name", "close_type", "satisfaction"),
        ("intake_channel", "handle_dept_name"), ("address_text", "limit_value", "street_name", "verify_result"),
        "grid_code",
    ),
    "petition": Targets(
        ("registered_at", "registered_at", "closed_at"), ("registered_at",), ("persons_n", "affected_n"),
        ("intake_channel", "is_repeat_src", "received_level", "purpose", "lead_dept", "subject_code", "close_type"),
        ("intake_channel", "lead_dept", "subject_code"), ("competent_level", "title", "return_reason", "lead_dept"),
        "grid_code",
    ),
    "court_case": Targets(
        ("filed_on", "filed_on", "received_on", "closed_on"), (), ("claim_amount_yuan", "excluded_days"),
        ("court_code", "case_type", "instance", "cause_text", "procedure", "disposition"),
        ("procedure", "cause_text"), ("procedure", "hearing_on", "claim_amount_yuan"), "place_code",
    ),
    "hotline_order": Targets(
        ("registered_at", "registered_at", "dispatched_at", "closed_at"), ("registered_at",), ("urge_n", "return_n"),
        ("intake_channel", "purpose", "is_repeat_src", "lead_dept", "subject_code", "satisfaction", "exempt_reason"),
        ("intake_channel", "lead_dept", "subject_code"), ("title", "return_reason", "lead_dept", "exempt_reason"),
        "grid_code",
    ),
    "callback": Targets(
        ("called_back_at",), ("called_back_at",), ("talk_seconds",), ("method", "satisfaction"), ("method",),
        ("satisfaction", "method", "solved"), "",
    ),
    "deliberation": Targets(
        ("held_on",), (), ("attendance_n", "online_n"), ("hall_kind", "topic_class"), ("hall_kind",),
        ("hall_name", "adopted", "attendance_n"), "grid_code",
    ),
    "mediation": Targets(
        ("accepted_on", "accepted_on", "concluded_on", "due_on"), (), ("sessions_n", "amount_yuan"),
        ("committee", "committee_kind", "intake", "dispute_type", "difficulty", "result", "performance"),
        ("intake", "committee", "dispute_type"), ("amount_yuan", "callback_result", "difficulty"), "place_code",
    ),
    "hazard": Targets(
        ("found_at", "found_at", "rectified_at", "cleared_at"), ("found_at",), (),
        ("found_by", "hazard_class", "hazard_level", "supervisor"),
        ("found_by", "supervisor"), ("supervisor", "responsible_org", "recheck_result"), "grid_code",
    ),
    "labour_arbitration": Targets(
        ("filed_on", "filed_on", "received_on", "closed_on"), (), ("claim_amount_yuan", "excluded_days"),
        ("commission", "cause_text", "procedure", "disposition"),
        ("procedure", "cause_text"), ("hearing_on", "claim_amount_yuan"), "place_code",
    ),
    "grid_event": Targets(
        ("reported_at", "reported_at", "dispatched_at", "closed_at"), ("reported_at", "dispatched_at"),
        ("return_n", "handling_level"),
        ("reporter_kind", "task_kind", "severity", "handle_org", "class_l2_code", "current_stage", "satisfaction"),
        ("reporter_kind", "handle_org", "task_kind"), ("address_text", "severity", "task_kind", "satisfaction"), "grid_code",
    ),
    "dispatch_whistle": Targets(
        ("called_at", "reported_at"), ("called_at", "reported_at"), (),
        ("severity", "issuing_unit", "called_unit", "unit_role", "result"), ("called_unit", "unit_role"),
        ("event_no", "severity", "unit_role"), "",
    ),
    "grid_assist": Targets(
        ("assisted_at",), ("assisted_at",), (), ("network", "agency", "role"), ("agency", "role"), ("event_no", "role"), "",
    ),
}  # fmt: skip
