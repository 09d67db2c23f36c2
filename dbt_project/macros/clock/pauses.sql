{# What pauses add to each clock. `clocks` as clock_due takes it, plus event_id, sla_rule_id, end_at (its stop, or as_of
   while it runs), pause_kinds (the kinds that stop it, separated by blanks) and excluded_days. `pauses` has event_id,
   pause_kind, paused_from, paused_to (NULL: still paused).

   A pause counts if its kind is on the rule's list and it began before the clock was due, counting the pauses before it.
   Two that overlap count once. Where a court itself says how many days are excluded, that number stands for all of them.
   One row per clock that was paused: event_id, sla_rule_id, paused_n (units of the clock), paused_seconds (running or
   working, as the clock counts). #}
{% macro clock_pauses(clocks, pauses) -%}
    (
        with clipped as (
            select
                clocks.*,
                greatest(pauses.paused_from, clocks.start_at) as from_at,
                least(coalesce(pauses.paused_to, clocks.end_at), clocks.end_at) as until_at
            from {{ pauses }} as pauses
            inner join {{ clocks }} as clocks on pauses.event_id = clocks.event_id
            where
                clocks.excluded_days is null
                and (' ' || clocks.pause_kinds || ' ') like ('% ' || pauses.pause_kind || ' %')
                and pauses.paused_from is not null
        ),

        ordered as (
            select
                *,
                max(until_at) over (
                    partition by event_id, sla_rule_id order by from_at, until_at
                    rows between unbounded preceding and 1 preceding
                ) as covered_until
            from clipped
            where from_at < until_at
        ),

        apart as (
            select ordered.*, greatest(from_at, coalesce(covered_until, from_at)) as paused_from
            from ordered
            where until_at > coalesce(covered_until, from_at)
        ),

        measured as (
            select
                apart.*,
                {{ clock_units('apart.basis', 'apart.paused_from', 'from_day', 'apart.until_at', 'until_day') }} as units_n,
                case
                    when apart.basis in ('W', 'WH')
                        then {{ working_position('apart.until_at', 'until_day') }} - {{ working_position('apart.paused_from', 'from_day') }}
                    else {{ seconds_between('apart.paused_from', 'apart.until_at') }}
                end as seconds_n
            from apart
            left join {{ ref('int_clock_day') }} as from_day on cast(apart.paused_from as date) = from_day.date_day
            left join {{ ref('int_clock_day') }} as until_day on cast(apart.until_at as date) = until_day.date_day
        ),

        before as (
            select
                event_id, sla_rule_id, start_at, basis, limit_n, shift_to_workday, sent_deadline_at, paused_from, units_n, seconds_n,
                pushed_n + coalesce(sum(units_n) over (
                    partition by event_id, sla_rule_id order by paused_from
                    rows between unbounded preceding and 1 preceding
                ), 0) as pushed_n
            from measured
        )

        select
            event_id, sla_rule_id,
            cast(sum(units_n) as bigint) as paused_n,
            cast(sum(seconds_n) as bigint) as paused_seconds
        from {{ clock_due('before') }} as begun
        where paused_from <= due_at
        group by event_id, sla_rule_id
        union all
        select
            event_id, sla_rule_id,
            cast(excluded_days * case when basis = 'H' then 86400 else 1 end as bigint) as paused_n,
            cast(excluded_days * 86400 as bigint) as paused_seconds
        from {{ clocks }}
        where excluded_days > 0 and (' ' || pause_kinds || ' ') like '% excluded %' and basis in ('C', 'M', 'S', 'H')
    )
{%- endmacro %}
