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
