-- Question 2: what comes in, by product and day in Berlin?
select
    (payments.paid_at at time zone 'Europe/Berlin')::date as day,
    products.name as product,
    count(*) as payments,
    sum(payments.amount) as amount
from {{ source('backend', 'payments') }} as payments
join {{ source('backend', 'loans') }} as loans on loans.id = payments.loan_id
join {{ source('backend', 'products') }} as products on products.id = loans.product_id
group by 1, 2
