{# How coarse a period is, for hiding (pipelines/analytics/suppression.py says the rule; a test holds the two together).
   Other windows, of days that are no whole months, are as fine as weeks. #}
{% macro period_rank(period_kind, period_end) -%}
    case
        when {{ period_kind }} = 'day' then 0
        when {{ period_kind }} = 'month' then 2
        when {{ period_kind }} = 'quarter' then 3
        when {{ period_kind }} = 'half_year' then 4
        when {{ period_kind }} = 'year' then 5
        when {{ period_kind }} = 'cumulative' then 6
        when {{ period_kind }} = 'month_to_date' then least({{ to_date_rank(period_end) }}, 2)
        when {{ period_kind }} = 'quarter_to_date' then least({{ to_date_rank(period_end) }}, 3)
        when {{ period_kind }} = 'half_year_to_date' then least({{ to_date_rank(period_end) }}, 4)
        when {{ period_kind }} = 'year_to_date' then {{ to_date_rank(period_end) }}
        else 1
    end
{%- endmacro %}

{# The same within the year of the last day: what is counted since ever is, less the years before, a year to date. #}
{% macro closing_rank(period_kind, period_end) -%}
    case
        when {{ period_kind }} = 'cumulative' then {{ to_date_rank(period_end) }}
        else {{ period_rank(period_kind, period_end) }}
    end
{%- endmacro %}

{# What ends a quarter to date is a sum of quarters; what ends within a month tells of a part of it. #}
{% macro to_date_rank(period_end) -%}
    case
        when extract(day from {{ add_days(period_end, '1') }}) <> 1 then 1
        when extract(month from {{ period_end }}) = 12 then 5
        when extract(month from {{ period_end }}) = 6 then 4
        when extract(month from {{ period_end }}) in (3, 9) then 3
        else 2
    end
{%- endmacro %}

{# The year of the block that a period begins in; what is counted since ever has a block of its own. #}
{% macro opening_year(period_kind, period_start) -%}
    cast(case when {{ period_kind }} = 'cumulative' then 0 else extract(year from {{ period_start }}) end as integer)
{%- endmacro %}

{# Whether a figure of a metric lies in a block of hidden figures in a year. #}
{% macro in_block(block, figure, metric_id, year) -%}
    {{ block }}.metric_id = {{ metric_id }}
    and {{ block }}.slice_kind = {{ figure }}.slice_kind
    and {{ block }}.slice_code = {{ figure }}.slice_code
    and {{ block }}.grid_code = {{ figure }}.grid_code
    and {{ block }}.year = {{ year }}
{%- endmacro %}
