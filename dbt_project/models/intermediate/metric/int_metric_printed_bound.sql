-- Which whole numerators give a printed share, by its comparator: solved exactly, as `audit-figure` does.
with printed as (
    select * from {{ ref('ref_published_figure') }}
),

prepared as (
    select
        printed.*,
        cast(power(10, printed.decimals) as bigint) as power_of_ten,
        cast(round(printed.printed_value * power(10, printed.decimals)) as bigint) as printed_scaled,
        case when printed.slice is null then 'all' else split_part(printed.slice, '=', 1) end as slice_kind,
        case when printed.slice is null then 'all' else split_part(printed.slice, '=', 2) end as slice_code,
        (printed.unit = '%' and printed.printed_value >= 0 and printed.printed_den is not null) as is_share
    from printed
),

-- A share n / den in units of the last printed decimal is n * unit / den; every bound is solved for n in whole numbers.
final as (
    select
        prepared.*,
        case
            when prepared.is_share
                then
                    greatest(
                        0,
                        case prepared.comparator
                            when '>'
                                then
                                    1 + {{ int_div(
                                        '2 * prepared.printed_scaled * prepared.printed_den',
                                        '200 * prepared.power_of_ten'
                                    ) }}
                            when '>='
                                then
                                    {{ ceil_div(
                                        '2 * prepared.printed_scaled * prepared.printed_den',
                                        '200 * prepared.power_of_ten'
                                    ) }}
                            when '~'
                                then
                                    {{ ceil_div(
                                        'greatest(0, 2 * prepared.printed_scaled - 2) * prepared.printed_den',
                                        '200 * prepared.power_of_ten'
                                    ) }}
                            else
                                {{ ceil_div(
                                    'greatest(0, 2 * prepared.printed_scaled - 1) * prepared.printed_den',
                                    '200 * prepared.power_of_ten'
                                ) }}
                        end
                    )
        end as feasible_from,
        case
            when prepared.is_share
                then
                    least(
                        prepared.printed_den,
                        case
                            when prepared.comparator in ('>', '>=') then prepared.printed_den
                            when prepared.comparator = '~'
                                then
                                    {{ int_div(
                                        '(2 * prepared.printed_scaled + 2) * prepared.printed_den',
                                        '200 * prepared.power_of_ten'
                                    ) }}
                            else
                                {{ ceil_div(
                                    '(2 * prepared.printed_scaled + 1) * prepared.printed_den',
                                    '200 * prepared.power_of_ten'
                                ) }} - 1
                        end
                    )
        end as feasible_to
    from prepared
)

select * from final
