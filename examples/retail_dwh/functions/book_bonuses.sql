declare
    customers cursor for
        select facts.customer_id, customers.email, sum(facts.revenue) as revenue
        from {{ ref('fact_orders').include(database=false) }} as facts
        join {{ ref('dim_customer').include(database=false) }} as customers using (customer_id)
        where extract(year from facts.ordered_on) = of_year
        group by facts.customer_id, customers.email
        having sum(facts.revenue) > 0;
begin
    delete from {{ target.schema }}.bonuses where year = of_year;
    delete from {{ target.schema }}.bonus_errors where year = of_year;
    for customer in customers loop
        -- a row that the table refuses does not stop the others
        begin
            insert into {{ target.schema }}.bonuses (customer_id, year, email, points)
            values (customer.customer_id, of_year, customer.email, floor(customer.revenue));
        exception
            when integrity_constraint_violation or numeric_value_out_of_range then
                insert into {{ target.schema }}.bonus_errors (customer_id, year, revenue, code, reason)
                values (customer.customer_id, of_year, customer.revenue, sqlstate, sqlerrm);
        end;
    end loop;
end
