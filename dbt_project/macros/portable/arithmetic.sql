{# Integer division that truncates, exact on BIGINT: one rounding, no floating point. #}
{% macro int_div(a, b) -%}{{ return(adapter.dispatch('int_div')(a, b)) }}{%- endmacro %}
{% macro default__int_div(a, b) -%}divide({{ a }}, {{ b }}){%- endmacro %}
{% macro spark__int_div(a, b) -%}div({{ a }}, {{ b }}){%- endmacro %}

{# Integer division rounded up; arguments are not negative. #}
{% macro ceil_div(a, b) -%}
    {{ int_div('(' ~ a ~ ') + (' ~ b ~ ') - 1', b) }}
{%- endmacro %}

{# num / den * scale with k decimals, half up, as an integer scaled by 10^k: (2*num*scale*10^k + den) div (2*den).
   num is never negative. Arguments are SQL expressions of type BIGINT. #}
{% macro half_up_scaled(num, den, scale, power) -%}
    {{ int_div('2 * (' ~ num ~ ') * (' ~ scale ~ ') * (' ~ power ~ ') + (' ~ den ~ ')', '2 * (' ~ den ~ ')') }}
{%- endmacro %}

{# Whole minutes from one time to another; boundaries crossed are not minutes elapsed, so never datediff. #}
{% macro minutes_between(start_at, end_at) -%}{{ return(adapter.dispatch('minutes_between')(start_at, end_at)) }}{%- endmacro %}
{% macro default__minutes_between(start_at, end_at) -%}
    cast(floor((epoch({{ end_at }}) - epoch({{ start_at }})) / 60) as bigint)
{%- endmacro %}
{% macro spark__minutes_between(start_at, end_at) -%}
    cast(floor((unix_timestamp({{ end_at }}) - unix_timestamp({{ start_at }})) / 60) as bigint)
{%- endmacro %}

{# Whole days from one date to another. #}
{% macro days_between(start_on, end_on) -%}{{ return(adapter.dispatch('days_between')(start_on, end_on)) }}{%- endmacro %}
{% macro default__days_between(start_on, end_on) -%}datediff('day', {{ start_on }}, {{ end_on }}){%- endmacro %}
{% macro spark__days_between(start_on, end_on) -%}datediff({{ end_on }}, {{ start_on }}){%- endmacro %}

{# A date moved by whole days; the number may be an expression. #}
{% macro add_days(date, days) -%}{{ return(adapter.dispatch('add_days')(date, days)) }}{%- endmacro %}
{% macro default__add_days(date, days) -%}cast({{ date }} + to_days(cast({{ days }} as integer)) as date){%- endmacro %}
{% macro spark__add_days(date, days) -%}date_add({{ date }}, {{ days }}){%- endmacro %}

{# The last second of the day that lies `days` days after a time. #}
{% macro end_of_day_after(start_at, days) -%}
    cast({{ add_days('cast(' ~ start_at ~ ' as date)', days) }} as timestamp) + interval '86399' second
{%- endmacro %}

{# The value at or above which a share `q` of the values lies below: an observed value at the ends, the middle of two else. #}
{% macro quantile(expression, q) -%}{{ return(adapter.dispatch('quantile')(expression, q)) }}{%- endmacro %}
{% macro default__quantile(expression, q) -%}quantile_cont({{ expression }}, {{ q }}){%- endmacro %}
{% macro spark__quantile(expression, q) -%}percentile({{ expression }}, {{ q }}){%- endmacro %}

{# A date moved by whole months, the day cut to the length of the month; the number may be an expression. #}
{% macro add_months(date, months) -%}{{ return(adapter.dispatch('add_months')(date, months)) }}{%- endmacro %}
{% macro default__add_months(date, months) -%}cast({{ date }} + to_months(cast({{ months }} as integer)) as date){%- endmacro %}
{% macro spark__add_months(date, months) -%}add_months({{ date }}, {{ months }}){%- endmacro %}

{# Whole seconds from one time to another. #}
{% macro seconds_between(start_at, end_at) -%}{{ return(adapter.dispatch('seconds_between')(start_at, end_at)) }}{%- endmacro %}
{% macro default__seconds_between(start_at, end_at) -%}
    cast(floor(epoch({{ end_at }}) - epoch({{ start_at }})) as bigint)
{%- endmacro %}
{% macro spark__seconds_between(start_at, end_at) -%}
    cast(floor(unix_timestamp({{ end_at }}) - unix_timestamp({{ start_at }})) as bigint)
{%- endmacro %}

{# A time moved by whole seconds; the number may be an expression. #}
{% macro add_seconds(at, seconds) -%}{{ return(adapter.dispatch('add_seconds')(at, seconds)) }}{%- endmacro %}
{% macro default__add_seconds(at, seconds) -%}({{ at }} + to_seconds({{ seconds }})){%- endmacro %}
{% macro spark__add_seconds(at, seconds) -%}timestampadd(second, {{ seconds }}, {{ at }}){%- endmacro %}

{# The last second of a date. #}
{% macro end_of_day(date) -%}{{ add_seconds('cast(' ~ date ~ ' as timestamp)', '86399') }}{%- endmacro %}

{# Whether two values differ, NULL being a value like any other ("is distinct from", which our linter does not read). #}
{% macro differs(a, b) -%}coalesce({{ a }} <> {{ b }}, ({{ a }} is null) <> ({{ b }} is null)){%- endmacro %}
