{# The time columns of an event, as event_columns() has them. #}
{% macro event_times() -%}
    {{ return(event_columns() | selectattr(1, 'equalto', 'timestamp') | map('first') | list) }}
{%- endmacro %}

{# The time of an event that a rule names: `name` is an expression that holds a column's name. #}
{% macro event_time(name, event) -%}
    case {{ name }}{% for column in event_times() %} when '{{ column }}' then {{ event }}.{{ column }}{% endfor %} end
{%- endmacro %}

{# How a clock counts: C calendar days, M months, W working days, H running time, WH working time, S as its notice says. #}
{% macro clock_basis(rule, event) -%}
    case {{ rule }}.limit_unit
        when 'month' then 'M'
        when 'notice' then 'S'
        when 'row'
            then case {{ event }}.limit_type
                when 'urgent_hour' then 'H' when 'working_hour' then 'WH' when 'working_day' then 'W' when 'natural_day' then 'C'
            end
        else {{ rule }}.day_basis
    end
{%- endmacro %}

{# A number of the rule in the units of the clock: seconds for hours and minutes, else as it stands. #}
{% macro clock_amount(value, unit) -%}
    {{ value }} * case {{ unit }} when 'minute' then 60 when 'hour' then 3600 else 1 end
{%- endmacro %}

{# The unit of a limit that the case itself states. #}
{% macro clock_unit(rule, event) -%}
    case when {{ rule }}.limit_unit = 'row' and {{ event }}.limit_type in ('urgent_hour', 'working_hour') then 'hour' else {{ rule }}.limit_unit end
{%- endmacro %}

{# Whether a row of `rules` is about a row of `facts`: what a rule does not state it does not ask. Its dates are asked of
   the clock's start, which is known only once the rule is. #}
{% macro rule_holds() -%}
    facts.event_kind = rules.event_kind
    {%- for condition in ['case_class', 'instance', 'severity', 'procedure'] %}
    and (rules.{{ condition }} is null or facts.{{ condition }} = rules.{{ condition }})
    {%- endfor %}
{%- endmacro %}

{# What the rule `rules` says of the clock of the event `facts`, whose root is `roots` where it was merged. #}
{% macro clock_terms() -%}
    rules.sla_rule_id,
    rules.clock_role,
    rules.limit_unit,
    rules.shift_to_workday,
    rules.pause_kinds,
    rules.extension_kind,
    rules.effective_from,
    rules.effective_to,
    {{ event_time('rules.start_column', 'facts') }} as start_at,
    case
        when roots.event_id is null then {{ event_time('rules.stop_column', 'facts') }}
        else {{ event_time('rules.stop_column', 'roots') }}
    end as told_stop_at,
    {{ clock_basis('rules', 'facts') }} as basis,
    {{ clock_amount(
        "case when rules.limit_unit = 'row' then facts.limit_value else rules.limit_value end",
        clock_unit('rules', 'facts')
    ) }} as limit_n,
    {{ clock_amount('rules.extension_value', 'rules.limit_unit') }} as extension_n
{%- endmacro %}

{# Which rule holds for which case, since when, until when: the clocks of sla_clocks, with feed, clock_role and is_new.
   Reads CTEs of the caller: facts, roots (the cases that others were merged into), feeds (feed, as_of), rules, and
   running (feed, sla_rule_id, is_new). #}
{% macro event_clocks() -%}
    (
        with ruled as (
            select
                facts.event_id, facts.feed, facts.not_counted_reason, facts.time_precision,
                facts.deadline_at as sent_deadline_at, facts.excluded_days, facts.extended_to, facts.extension_granted_at,
                coalesce(facts.extension_n > 0, false) or facts.extended_to is not null as is_extended,
                coalesce(roots.current_state, facts.current_state) as last_state,
                coalesce(roots.closed_at, facts.closed_at) as closed_at,
                feeds.as_of,
                running.is_new,
                {{ clock_terms() }}
            from facts
            inner join feeds on facts.feed = feeds.feed
            inner join rules on {{ rule_holds() }}
            inner join running on facts.feed = running.feed and rules.sla_rule_id = running.sla_rule_id
            left join roots on facts.not_counted_reason = 'merged' and facts.root_event_id = roots.event_id
        )

        select
            ruled.*,
            case when told_stop_at <= as_of then told_stop_at end as stop_at,
            coalesce(not_counted_reason, 'merged') = 'merged'
            and (time_precision = 'minute' or (time_precision = 'day' and basis not in ('H', 'WH')))
            and (
                coalesce(told_stop_at <= as_of, false)
                or last_state not in ({{ ended_states() }})
                or coalesce(closed_at < start_at or closed_at > as_of, false)
            ) as is_judged
        from ruled
        where
            start_at <= as_of
            and cast(start_at as date) >= effective_from and cast(start_at as date) < effective_to
            and (limit_n is not null or (basis = 'S' and sent_deadline_at is not null))
    )
{%- endmacro %}
