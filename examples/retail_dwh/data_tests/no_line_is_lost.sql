-- Each line is a fact or an error.
select *
from (
    select
        (select count(*) from {{ ref('order_lines') }}) as lines,
        (select count(*) from {{ ref('fact_orders') }}) as facts,
        (select count(*) from {{ ref('error_rows') }} where table_name = 'order_lines') as errors
) as counts
where lines <> facts + errors
