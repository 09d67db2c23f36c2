{# Clocks that were extended in time, due anew: event_id, sla_rule_id, due_at, paused_seconds. `plain` are clocks with
   their due_at as it is without extension.

   An extension counts only if it was granted before the clock was due; where nobody says when, that is presumed. It runs
   to the day that was granted, at most to what a `limited` rule allows; without a day, as far as the rule allows; else to
   the deadline that the feed itself sends. A pause that falls into the extension counts too. #}
{% macro extended_clocks(plain, pauses) -%}
    with granted as (
        select
            {{ clock_columns_of('plain', but=['limit_n'], also=['end_at', 'pushed_n']) }},
            plain.limit_n as plain_limit_n,
            plain.due_at as plain_due_at,
            coalesce(cast(plain.last_on as timestamp), plain.due_at) as plain_end_at,
            plain.limit_n + coalesce(plain.extension_n, 0) as limit_n
        from {{ plain }} as plain
        where
            plain.is_extended and plain.extension_kind <> 'none'
            and coalesce(plain.extension_granted_at <= plain.due_at, true)
    ),

    allowed as (
        select
            allowed.*,
            coalesce(cast(allowed.last_on as timestamp), allowed.due_at) as allowed_until,
            case when allowed.last_on is not null then cast(cast(allowed.extended_to as date) as timestamp) else allowed.extended_to end as stated_until,
            case when allowed.last_on is not null then cast(cast(allowed.sent_deadline_at as date) as timestamp) else allowed.sent_deadline_at end as sent_until
        from {{ clock_due('granted') }} as allowed
    ),

    capped as (
        select
            allowed.*,
            case
                when stated_until is not null and extension_kind = 'limited' then least(stated_until, allowed_until)
                when stated_until is not null then stated_until
                when extension_n > 0 then allowed_until
                else sent_until
            end as until_at
        from allowed
    ),

    lengthened as (
        select
            {{ clock_columns_of('capped', but=['limit_n'], also=['end_at']) }},
            capped.plain_limit_n as limit_n, capped.plain_due_at,
            cast(greatest({{ clock_units('capped.basis', 'capped.plain_end_at', 'plain_day', 'capped.until_at', 'until_day') }}, 0) as bigint) as pushed_n,
            case when capped.last_on is not null then {{ end_of_day('capped.until_at') }} else capped.until_at end as stands_until
        from capped
        left join {{ ref('int_clock_day') }} as plain_day on cast(capped.plain_end_at as date) = plain_day.date_day
        left join {{ ref('int_clock_day') }} as until_day on cast(capped.until_at as date) = until_day.date_day
        where capped.until_at is not null
    ),

    second_pauses as (
        select * from {{ clock_pauses('lengthened', pauses) }} as counted
    ),

    repaused as (
        select
            {{ clock_columns_of('lengthened', also=['end_at', 'stands_until', 'plain_due_at']) }},
            lengthened.pushed_n + coalesce(second_pauses.paused_n, 0) as pushed_n,
            coalesce(second_pauses.paused_seconds, 0) as paused_seconds
        from lengthened
        left join second_pauses
            on lengthened.event_id = second_pauses.event_id and lengthened.sla_rule_id = second_pauses.sla_rule_id
    )

    select event_id, sla_rule_id, paused_seconds, greatest(due_at, stands_until, plain_due_at) as due_at
    from {{ clock_due('repaused') }} as due_anew
{%- endmacro %}
