//! Values of all kinds arrive as they were sent.

use super::field::Field;

const COLUMNS: &str = "1::smallint as a, 2 as b, 3::bigint as c, 1.5::numeric(10, 3) as d, 'NaN'::numeric as e, 1.5::real as f, \
    'infinity'::float8 as g, 'ä\u{1f600}'::text as h, 'x'::varchar(7) as i, 'y'::char(3) as j, '\\x00ff'::bytea as k, \
    date '0044-03-15 BC' as l, timestamptz '2024-02-29 12:00:00.123456+02' as m, timestamp 'infinity' as n, time '23:59' as o, \
    interval '1 month -2 days 3 s' as p, '{\"a\": [1, null]}'::jsonb as q, '[1]'::json as r, array[1, null, 3] as s, \
    array[['a', 'b'], ['c', null]] as t, '10.0.0.1/8'::inet as u, gen_random_uuid() is not null as v, \
    int4range(1, 5) as w, null::text as \"Order By\", B'101' as y, point(1, 2) as z, 'a b'::tsvector as tv, 'postgres'::name as nm";

#[test]
fn values_and_types_arrive_as_they_were_sent() {
    let mut field = Field::new();
    let model = format!(
        "{{{{ config(materialized='table') }}}} select {COLUMNS} from {{{{ source('far', 'events') }}}} where id = 1"
    );
    field.project.write("models/all_types.sql", &model);
    field.arrive(1, 1);
    field.run_ok(&["run"]);
    let sent: String = field
        .far
        .query_one(&format!("select row(x.*)::text from (select {COLUMNS}) as x"), &[])
        .unwrap()
        .get(0);
    assert_eq!(field.home_value("select row(x.*)::text from all_types as x"), sent);
    let types = "select string_agg(format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute where attnum > 0 and attrelid = 'all_types'::regclass";
    field.far.batch_execute(&format!("create table all_types as select {COLUMNS}")).unwrap();
    let sent: String = field.far.query_one(types, &[]).unwrap().get(0);
    assert_eq!(field.home_value(types), sent);
}

#[test]
fn types_that_the_home_lacks_are_named_with_the_cast() {
    let mut field = Field::new();
    field.far.batch_execute("create type mood as enum ('fine', 'bad'); create domain amount as numeric(5, 1); create table feelings as select 'fine'::mood as \"Mood\", array['bad'::mood] as moods, 1.25::amount as amount").unwrap();
    field.project.write(
        "models/far2.yml",
        "sources: [{name: more, schema: public, config: {connection: far}, tables: [{name: feelings}]}]\n",
    );
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='table') }} select * from {{ source('more', 'feelings') }}",
    );
    let failed = field.project.run(&["run"]);
    for part in [
        "`Mood` (public.mood), `moods` (public.mood[])",
        "select `\"Mood\"::text as \"Mood\"`, `moods::text[] as moods`, or create the type in `dev`",
        "error[types-elsewhere]",
    ] {
        assert!(failed.text.contains(part), "{part}: {}", failed.text);
    }
    field.project.write("models/m.sql", "{{ config(materialized='table') }} select \"Mood\"::text as mood, moods::text[], amount from {{ source('more', 'feelings') }}");
    field.run_ok(&["run"]);
    assert_eq!(field.home_value("select m::text from m"), "(fine,{bad},1.3)");
}

#[test]
fn what_means_something_else_at_home_is_refused() {
    let mut field = Field::new();
    let both = "create type public.pair_elsewhere as ({fields}); create type public.outer_pair as (n int, p public.pair_elsewhere[])";
    field.far.batch_execute(&both.replace("{fields}", "a int, b int")).unwrap();
    field.far.batch_execute("create domain few as int check (value < 9); create table odd as select 'public.events'::regclass as relation, \
        array['int4'::regtype] as types, (1, 2)::pair_elsewhere as p, (1, array[(1, 2)::pair_elsewhere])::outer_pair as q, array[1, null]::few[] as n, 1 as \"order\"").unwrap();
    let undo = "drop type if exists public.outer_pair; drop type if exists public.pair_elsewhere";
    field.home.batch_execute(&format!("{undo}; {}", both.replace("{fields}", "b int, a int"))).unwrap();
    field.project.write(
        "models/far2.yml",
        "sources: [{name: more, schema: public, config: {connection: far}, tables: [{name: odd}]}]\n",
    );
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='table') }} select * from {{ source('more', 'odd') }}",
    );
    let failed = field.project.run(&["run"]);
    field.home.batch_execute(undo).unwrap();
    for part in [
        "`relation` (regclass: the number of an object of `far_dev`)",
        "`types` (regtype[]: the number of an object of `far_dev`)",
        "`p` (public.pair_elsewhere: the type of that name in `dev` has other fields)",
        "`q` (public.outer_pair: the type of that name in `dev` has other fields)",
        "select `relation::text as relation`, `types::text[] as types`, `p::text as p`, `q::text as q`",
    ] {
        assert!(failed.text.contains(part), "{part}: {}", failed.text);
    }
    field.project.write("models/m.sql", "{{ config(materialized='table') }} select relation::text, p::text, n, \"order\" from {{ source('more', 'odd') }}");
    field.run_ok(&["run"]);
    assert_eq!(field.home_value("select row(m.*)::text from m"), "(events,\"(1,2)\",\"{1,NULL}\",1)");
    assert_eq!(field.home_value("select pg_typeof(n)::text from m"), "integer[]");
}

#[test]
fn the_highest_value_of_types_without_a_max() {
    let mut field = Field::new();
    field.far.batch_execute("create table ids as select ('00000000-0000-0000-0000-' || lpad(n::text, 12, '0'))::uuid as id, n % 2 = 0 as flag from generate_series(1, 3) as n").unwrap();
    field.project.write(
        "models/far2.yml",
        "sources: [{name: more, schema: public, config: {connection: far}, tables: [{name: ids}]}]\n",
    );
    field.project.write(
        "models/m.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }} select id from {{ source('more', 'ids') }}\n\
         {% if is_incremental() %} where id > {{ high_water('id') }} {% endif %}",
    );
    field.run_ok(&["run"]);
    field.far.batch_execute("insert into ids values ('00000000-0000-0000-0001-000000000000', true)").unwrap();
    field.run_ok(&["run"]);
    assert_eq!(field.home_value("select count(*) || ' ' || count(distinct id) from m"), "4 4");
}
