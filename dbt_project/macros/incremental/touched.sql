{# Our incremental strategy. dbt's delete+insert keeps a key whose rows are gone from the source: a withdrawn case or an
   emptied month would stay for ever. This one deletes every key that `touched` lists, whether or not the new rows hold it.

   Config of a model: unique_key = the columns of the key; touched = the relation that lists the keys (a ref);
   touched_also = a predicate on the target for rows that are made anew at every build (optional). #}
{% macro get_incremental_touched_sql(arg_dict) -%}
    {%- set target = arg_dict['target_relation'] -%}
    {%- set key = arg_dict['unique_key'] -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set key = [key] if key is string else key -%}
    {%- set also = config.get('touched_also') -%}
    delete from {{ target }}
    {#- Qualified: a key that `touched` does not have would else be the target's own column, and delete everything. #}
    where ({{ key | join(', ') }}) in (select (touched_keys.{{ key | join(', touched_keys.') }}) from {{ touched_relation() }} as touched_keys)
    {%- if also %} or {{ also }}{% endif %};
    insert into {{ target }} ({{ columns }}) (select {{ columns }} from {{ arg_dict['temp_relation'] }})
{%- endmacro %}

{# The relation that lists the touched keys of this model. #}
{% macro touched_relation() -%}
    {{ return(api.Relation.create(database=target.database, schema=config.require('touched')[0], identifier=config.require('touched')[1])) }}
{%- endmacro %}

{# A condition for event-grain models: on an incremental build only the touched events, on a full build all. #}
{% macro only_touched(column) -%}
    {%- set touched = ref('stg_ops__touched') -%}
    {%- if is_incremental() -%}
        {{ column }} in (select touched.event_id from {{ touched }} as touched where touched.event_id is not null)
    {%- else -%}
        {{ column }} is not null
    {%- endif -%}
{%- endmacro %}

{# The new positions of touched events: one row per event and date that any register entry uses as its time column. #}
{% macro append_positions() -%}
    {%- if is_incremental() -%}
    insert into ops.touched
    select distinct event_id, day, grid_code from (
        {%- for column in register_time_columns() %}
        select event_id, cast({{ column }} as date) as day, grid_code from {{ this }}
        {% if not loop.last %}union all{% endif %}
        {%- endfor %}
    ) as positions
    where day is not null and event_id in (select event_id from ops.touched)
    {%- else -%}
    select 1
    {%- endif -%}
{%- endmacro %}
