-- Every payment is in the answer once.
select paid.amount, answered.amount
from (select count(*) as payments, sum(amount) as amount from {{ source('backend', 'payments') }}) as paid
cross join (select sum(payments) as payments, sum(amount) as amount from {{ ref('payments_by_day') }}) as answered
where (paid.payments, paid.amount) is distinct from (answered.payments, answered.amount)
