-- Loans with what was paid of them, and the first proceedings against their company.
with paid as (
    select loan_id, sum(amount) as amount
    from {{ source('backend', 'payments') }}
    group by loan_id
),

insolvent as (
    select company_id, min(opened_on) as opened_on
    from {{ ref('proceedings') }}
    group by company_id
)

select
    loans.id as loan_id,
    customers.company_id,
    loans.product_id,
    loans.opened_on,
    loans.status,
    greatest(loans.principal - coalesce(paid.amount, 0), 0) as outstanding,
    customers.rsdbt_deleted_at is not null as is_deleted_customer,
    insolvent.opened_on as insolvent_on
from {{ source('backend', 'loans') }} as loans
left join {{ source('backend', 'customers') }} as customers on customers.id = loans.customer_id
left join paid on paid.loan_id = loans.id
left join insolvent on insolvent.company_id = customers.company_id
