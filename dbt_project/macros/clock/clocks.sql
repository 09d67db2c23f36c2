{# What a clock is given with; sla_clocks says what each means. #}
{% macro clock_columns() -%}
    {{ return([
        'event_id', 'sla_rule_id', 'start_at', 'stop_at', 'as_of', 'basis', 'limit_n', 'shift_to_workday', 'sent_deadline_at',
        'pause_kinds', 'excluded_days', 'extension_kind', 'extension_n', 'is_extended', 'extended_to', 'extension_granted_at',
        'is_judged'
    ]) }}
{%- endmacro %}

{# Those columns of a relation, but some. #}
{% macro clock_columns_of(relation, but=[], also=[]) -%}
    {%- for column in clock_columns() + also if column not in but %}{{ relation }}.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
{%- endmacro %}

{# Every clock with its deadline and outcome. `clocks`: event_id, sla_rule_id, start_at, stop_at (NULL: not yet, at as_of),
   as_of, basis, limit_n, shift_to_workday, sent_deadline_at, pause_kinds, excluded_days, extension_kind (none, limited,
   approval), extension_n (what the rule allows, in units of the limit), is_extended, extended_to, extension_granted_at,
   is_judged (whether the case lets it be judged at all), and the columns named in `also`. `pauses` as clock_pauses
   takes it. On time is stop_at <= deadline_at; open clocks are judged at as_of; a void one tells nothing but its start
   and stop. #}
{% macro sla_clocks(clocks, pauses, also=[]) -%}
    (
        with begun as (
            select clocks.*, coalesce(clocks.stop_at, clocks.as_of) as end_at, cast(0 as bigint) as pushed_n
            from {{ clocks }} as clocks
        ),

        first_pauses as (
            select * from {{ clock_pauses('begun', pauses) }} as counted
        ),

        paused as (
            select
                {{ clock_columns_of('begun', also=also + ['end_at']) }},
                coalesce(first_pauses.paused_n, 0) as pushed_n, coalesce(first_pauses.paused_seconds, 0) as paused_seconds
            from begun
            left join first_pauses
                on begun.event_id = first_pauses.event_id and begun.sla_rule_id = first_pauses.sla_rule_id
        ),

        plain as (
            select * from {{ clock_due('paused') }} as reached
        ),

        extended as (
            {{ extended_clocks('plain', pauses) }}
        ),

        judged as (
            select
                {{ clock_columns_of('plain', also=also + ['end_at']) }},
                plain.due_at as plain_due_at,
                coalesce(extended.due_at, plain.due_at) as deadline_at,
                coalesce(extended.paused_seconds, plain.paused_seconds) as paused_seconds,
                case
                    when plain.basis in ('W', 'WH')
                        then {{ working_position('plain.end_at', 'end_day') }} - {{ working_position('plain.start_at', 'start_day') }}
                    else {{ seconds_between('plain.start_at', 'plain.end_at') }}
                end as whole_seconds
            from plain
            left join extended
                on plain.event_id = extended.event_id and plain.sla_rule_id = extended.sla_rule_id
            left join {{ ref('int_clock_day') }} as start_day on cast(plain.start_at as date) = start_day.date_day
            left join {{ ref('int_clock_day') }} as end_day on cast(plain.end_at as date) = end_day.date_day
        ),

        settled as (
            select
                judged.*,
                case
                    when not is_judged or deadline_at is null or stop_at < start_at then 'void'
                    when stop_at <= deadline_at then 'met'
                    when stop_at > deadline_at then 'late'
                    when as_of <= deadline_at then 'open_in_time'
                    else 'open_overdue'
                end as outcome
            from judged
        )

        select
            {{ clock_columns_of('settled', also=also + ['outcome']) }},
            case when outcome <> 'void' then deadline_at end as deadline_at,
            case when outcome <> 'void' then cast(floor(least(paused_seconds, whole_seconds) / 60.0) as bigint) end as paused_minutes,
            case when outcome <> 'void' then {{ minutes_between('plain_due_at', 'deadline_at') }} end as extension_minutes,
            case
                when outcome <> 'void'
                    then cast(floor(whole_seconds / 60.0) - floor(least(paused_seconds, whole_seconds) / 60.0) as bigint)
            end as elapsed_minutes
        from settled
    )
{%- endmacro %}
