{# What a case may say about itself beside its identity: column and type, in the order of fct_event. A feed names in
   `event_shape` what it sends; the rest is NULL (or the default that stands third). A new column is added here, in
   int_event's description and in fct_event's contract. #}
{% macro event_columns() -%}
    {{ return([
        ['category_code', 'varchar'], ['case_class', 'varchar'], ['instance', 'varchar'], ['severity', 'varchar'],
        ['intake_channel', 'varchar'], ['discovery', 'varchar'], ['task_kind', 'varchar'],
        ['operating_mode', 'varchar'],
        ['lead_dept_id', 'varchar'], ['partner_dept_id', 'varchar'], ['handling_level', 'integer'],
        ['occurred_at', 'timestamp'], ['reported_at', 'timestamp'], ['accepted_at', 'timestamp'],
        ['registered_at', 'timestamp'], ['filed_at', 'timestamp'], ['dispatched_at', 'timestamp'],
        ['acknowledged_at', 'timestamp'], ['arrived_at', 'timestamp'], ['handled_at', 'timestamp'],
        ['verified_at', 'timestamp'], ['closed_at', 'timestamp'], ['close_type', 'varchar'], ['deadline_at', 'timestamp'],
        ['called_back_at', 'timestamp'], ['performance_due_at', 'timestamp'], ['performed_at', 'timestamp'],
        ['confirm_applied_at', 'timestamp'], ['follow_up_end_at', 'timestamp'], ['next_step_at', 'timestamp'],
        ['lawsuit_filed_at', 'timestamp'],
        ['decided_at', 'timestamp'],
        ['extended_to', 'timestamp'], ['extension_granted_at', 'timestamp'],
        ['suspended_at', 'timestamp'], ['resumed_at', 'timestamp'], ['suspension_reason', 'varchar'],
        ['excluded_days', 'bigint'], ['limit_value', 'bigint'], ['limit_type', 'varchar'], ['procedure', 'varchar'],
        ['persons_n', 'bigint'], ['amount_yuan', 'double'], ['received_level', 'varchar'], ['competent_level', 'varchar'],
        ['return_n', 'bigint'], ['rework_n', 'bigint'], ['extension_n', 'bigint'], ['escalation_n', 'bigint'],
        ['assist_n', 'bigint'],
        ['is_repeat', 'boolean'], ['is_exempt', 'boolean'], ['is_contacted', 'boolean'], ['is_solved', 'boolean'],
        ['is_self_handled', 'boolean'], ['is_confirmed', 'boolean'], ['is_reached', 'boolean'],
        ['is_above_level', 'boolean'], ['is_group', 'boolean'], ['exempt_reason', 'varchar'],
        ['first_contact_at', 'timestamp'], ['evaluation_due_at', 'timestamp'], ['repeated_at', 'timestamp'],
        ['satisfaction', 'varchar'], ['result', 'varchar'], ['performance', 'varchar'], ['next_step', 'varchar'],
        ['prevented_kind', 'varchar']
    ]) }}
{%- endmacro %}

{# What decides whether and as what a case counts; int_event uses it up. `link_event_id`: what a merged case was merged
   into. `about_event_id`: of an act, the case it is about; of a case, the case of another department that is the same
   matter. Both become the root; only a merged case is no longer counted. #}
{% macro event_judgement_columns() -%}
    {{ return([
        ['is_merged', 'boolean', 'false'], ['link_event_id', 'varchar'], ['about_event_id', 'varchar'],
        ['void_reason', 'varchar'], ['has_exempt_gap', 'boolean', 'false'], ['has_class_split', 'boolean', 'false'],
        ['terminal_state', 'varchar'], ['is_closed_by_status', 'boolean', 'false']
    ]) }}
{%- endmacro %}

{# The whole select list of one feed's `int_event__*`: identity, then every column of the shape. `said` maps column to
   SQL over `landed` (and what the model joined). A name that is no column of the shape is refused at compile time. #}
{% macro event_shape(said) -%}
    {%- set shape = event_columns() + event_judgement_columns() -%}
    {%- for name in said if name not in shape | map('first') | list -%}
        {{ exceptions.raise_compiler_error(name ~ ' is no column of event_columns()') }}
    {%- endfor -%}
    {{ event_identity() }},
    {%- for column in shape %}
    {% if column[0] in said -%} {{ said[column[0]] }} as {{ column[0] }}
    {%- else -%} cast({{ column[2] if column | length > 2 else 'null' }} as {{ column[1] }}) as {{ column[0] }}
    {%- endif %}{% if not loop.last %},{% endif %}
    {%- endfor %}
{%- endmacro %}

{# The landed rows of one feed that are the current version of their event and due in this build. #}
{% macro landed_now() -%}
    from landed
    inner join current_versions
        on
            landed.event_id = current_versions.event_id
            and landed.source_file = current_versions.source_file
            and landed.source_record_no = current_versions.source_record_no
{%- endmacro %}

{# Every kind of event: its contract's name, its staging model, and what its rows say about their place (SQL over the
   staging model; what is not named is not said). A kind without `place` lies where the case lies that it is about. A
   new kind is one entry here and one model int_event__<kind>. #}
{% macro event_kinds() -%}
    {{ return([
        {'kind': 'police_incident', 'staging': 'stg_police__incident',
         'place': {'grid_code_sent': 'grid_code', 'lon': 'lon', 'lat': 'lat', 'community_name': 'community_name'}},
        {'kind': 'urban_case', 'staging': 'stg_urban__case',
         'place': {'grid_code_sent': 'coalesce(grid_code, duty_grid_code)', 'lon': 'lon', 'lat': 'lat',
                   'community_name': 'community_name', 'street_name': 'street_name'}},
        {'kind': 'petition', 'staging': 'stg_petition__matter', 'on_time': 'registered_at',
         'place': {'grid_code_sent': 'grid_code', 'place_code': 'place_code', 'community_name': 'community_name'}},
        {'kind': 'court_case', 'staging': 'stg_justice__court_case', 'on_time': 'filed_on',
         'place': {'place_code': 'place_code'}},
        {'kind': 'hotline_order', 'staging': 'stg_petition__order', 'on_time': 'registered_at',
         'place': {'grid_code_sent': 'grid_code', 'place_code': 'place_code', 'community_name': 'community_name'}},
        {'kind': 'callback', 'staging': 'stg_petition__callback'},
        {'kind': 'deliberation', 'staging': 'stg_grid__deliberation', 'on_time': 'held_on',
         'place': {'grid_code_sent': 'grid_code', 'community_name': 'community_name'}},
        {'kind': 'mediation', 'staging': 'stg_dispute__mediation', 'on_time': 'accepted_on',
         'place': {'grid_code_sent': 'grid_code', 'place_code': 'place_code'}},
        {'kind': 'hazard', 'staging': 'stg_safety__hazard', 'on_time': 'found_at',
         'place': {'grid_code_sent': 'grid_code', 'community_name': 'community_name'}},
        {'kind': 'labour_arbitration', 'staging': 'stg_justice__labour_arbitration', 'on_time': 'filed_on',
         'place': {'place_code': 'place_code'}},
        {'kind': 'grid_event', 'staging': 'stg_grid__event',
         'place': {'grid_code_sent': 'coalesce(grid_code, qr_grid_code)', 'lon': 'lon', 'lat': 'lat'}},
        {'kind': 'dispatch_whistle', 'staging': 'stg_grid__whistle', 'on_time': 'called_at'},
        {'kind': 'grid_assist', 'staging': 'stg_grid__assist', 'on_time': 'assisted_at'}
    ]) }}
{%- endmacro %}

{# The events of one kind by their number, for links. Where a number is reused, the lowest id stands for it: one target
   per number, or rows would multiply. Reads the import CTE `all_versions`. #}
{% macro numbered_targets(kind) -%}
    select source_system, source_case_no, min(event_id) as event_id
    from all_versions
    where event_kind = '{{ kind }}'
    group by source_system, source_case_no
{%- endmacro %}

{# The same for cases that another department names: it knows no system but its own. #}
{% macro numbered_cases(kinds) -%}
    select source_case_no, min(event_id) as event_id
    from all_versions
    where event_kind in ({% for kind in kinds %}'{{ kind }}'{% if not loop.last %}, {% endif %}{% endfor %})
    group by source_case_no
{%- endmacro %}
