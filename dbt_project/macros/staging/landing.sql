{# The columns that every landed event carries, under our names. #}
{% macro landed_identity(event_kind) -%}
    source._event_id as event_id,
    '{{ event_kind }}' as event_kind,
    source._feed as feed,
    source._system as source_system,
    source._file as source_file,
    source._record_no as source_record_no,
    source.extracted_at,
    source._version_at as version_at,
    source._content_hash as content_hash,
    source.time_precision,
    source.terms,
    source._flags as landing_flags,
    source.source_case_no
{%- endmacro %}

{# Whether the bureau says that it deleted the case (the binding's delete_flag). #}
{% macro is_deleted_at_source(flags) -%}
    coalesce({{ list_has(flags, 'delete_flag:deleted_at_source') }}, false)
{%- endmacro %}

{# Join the dated map of one code column; the join never multiplies rows (build refuses overlapping maps). #}
{% macro code_join(contract, code_set, column, on_time) -%}
    left join code_map as map_{{ column }}
        on
            map_{{ column }}.contract = '{{ contract }}'
            and map_{{ column }}.code_set = '{{ code_set }}'
            and source._system = map_{{ column }}.system
            and source.{{ column }} = map_{{ column }}.source_code
            and cast(source.{{ on_time }} as date) >= map_{{ column }}.valid_from
            and cast(source.{{ on_time }} as date) < map_{{ column }}.valid_to
{%- endmacro %}

{# The canonical code of a column that `code_join` joined: NULL if nothing was sent, UNMAPPED if nothing fits. #}
{% macro mapped(column) -%}
    case when source.{{ column }} is not null then coalesce(map_{{ column }}.canonical_code, 'UNMAPPED') end
{%- endmacro %}

{# The category from the most specific class that maps. `columns` in order of preference. Nothing sent: unclassified. #}
{% macro mapped_category(columns) -%}
    coalesce(
        {% for column in columns %}map_{{ column }}.canonical_code, {% endfor -%}
        case when coalesce({% for column in columns %}source.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}) is null then '9900' else 'UNMAPPED' end
    )
{%- endmacro %}

{# Whether classes of one row, finest first, disagree about their domain: a child that is not under its parent. #}
{% macro class_split(columns) -%}
    ({%- for column in columns %}{% if not loop.first %}{% if not loop.index0 == 1 %} or {% endif %}coalesce(left(map_{{ columns[loop.index0 - 1] }}.canonical_code, 2) <> left(map_{{ column }}.canonical_code, 2), false)
    {%- endif %}{% endfor %})
{%- endmacro %}

{# Join the dated names of departments, and the city's own map of them. #}
{% macro department_join(contract, column, on_time) -%}
    {{ code_join(contract, 'department', column, on_time) }}
    left join department_names as dept_{{ column }}
        on
            source.{{ column }} = dept_{{ column }}.dept_name
            and cast(source.{{ on_time }} as date) >= dept_{{ column }}.valid_from
            and cast(source.{{ on_time }} as date) < dept_{{ column }}.valid_to
{%- endmacro %}

{# The department of a column that `department_join` joined. #}
{% macro mapped_department(column) -%}
    case
        when source.{{ column }} is not null
            then coalesce(map_{{ column }}.canonical_code, dept_{{ column }}.dept_id, 'UNMAPPED')
    end
{%- endmacro %}

{# Of the landed rows of a reference feed, the latest version of each natural key. #}
{% macro latest_reference(contract, key) -%}
    select *
    from (
        select
            *,
            row_number() over (
                partition by {{ key }}
                order by _version_at desc nulls last, _content_hash desc, _file desc, _record_no desc
            ) as version_rank
        from {{ source('raw', contract) }}
    ) as ranked
    where version_rank = 1
{%- endmacro %}
