{{ config(materialized='table') }}
-- Every spelling a department is known by. A spelling that two departments share on one day names neither: UNMAPPED is
-- honest, a guess is not.
with departments as (
    select * from {{ ref('stg_reference__department') }}
),

spellings as (
    select dept_id, name_zh as dept_name, valid_from, valid_to
    from departments
    union
    select dept_id, dept_id as dept_name, valid_from, valid_to
    from departments
    union
    select dept_id, alias as dept_name, valid_from, valid_to
    from {{ members('departments', 'aliases', 'alias') }} as aliased
),

clashing as (
    select distinct one.dept_name
    from spellings as one
    inner join spellings as other
        on
            one.dept_name = other.dept_name
            and one.valid_from < other.valid_to
            and other.valid_from < one.valid_to
            and (one.dept_id <> other.dept_id or one.valid_from <> other.valid_from)
),

final as (
    select *
    from spellings
    where dept_name is not null and dept_name not in (select clashing.dept_name from clashing)
)

select * from final
