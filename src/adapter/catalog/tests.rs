use super::*;
use crate::adapter::test_database::connect_with_schema;
use crate::adapter::{Begin, Fetch};

#[test]
fn all_kinds_of_relations_are_found_and_linked() {
    let (mut connection, schema) = connect_with_schema();
    connection
        .execute(
            "create table t (id int); create view v as select * from t;
             create materialized view m as select * from v;
             create table p (id int) partition by range (id)",
            Begin::Auto,
            Fetch::Nothing,
        )
        .unwrap();
    let found = relations(&mut connection, &[&schema]).unwrap();
    let kinds: Vec<_> = found.iter().map(|found| (found.name.as_str(), found.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("m", RelationKind::MaterializedView),
            ("p", RelationKind::Table),
            ("t", RelationKind::Table),
            ("v", RelationKind::View)
        ]
    );
    let links = links(&mut connection, &[&schema]).unwrap();
    assert_eq!(links.len(), 2);
    assert!(links.contains(&(found[2].oid, found[3].oid)));
    assert!(existing_schemas(&mut connection).unwrap().contains(&schema));
}

#[test]
fn columns_carry_the_parts_of_their_types() {
    let (mut connection, schema) = connect_with_schema();
    let create = "create domain positive as numeric(8, 3);
        create table t (a varchar(20), b numeric(10, 2), c int[], d text, e bigint, f positive,
            g timestamp with time zone, h char(3), i numeric)";
    connection.execute(create, Begin::Auto, Fetch::Nothing).unwrap();
    let shown = |columns: Vec<ColumnInfo>| -> Vec<String> {
        let part = |part: Option<i64>| part.map_or("-".into(), |part| part.to_string());
        let show = |c: ColumnInfo| {
            let parts = [part(c.char_size), part(c.numeric_precision), part(c.numeric_scale)].join(" ");
            format!("{} {} {parts}", c.name, c.data_type)
        };
        columns.into_iter().map(show).collect()
    };
    let expected = [
        "a character varying 20 - -",
        "b numeric - 10 2",
        "c integer[] - - -",
        "d text - - -",
        "e bigint - 64 0",
        "f numeric - 8 3",
        "g timestamp with time zone - - -",
        "h character 3 - -",
        "i numeric - - -",
    ];
    assert_eq!(shown(columns(&mut connection, Some(&schema), "t").unwrap()), expected);
    assert_eq!(shown(columns(&mut connection, None, "t").unwrap()), expected);
    let query = "select * from t where false";
    assert_eq!(shown(query_columns(&mut connection, query).unwrap()), expected);
    assert!(columns(&mut connection, Some(&schema), "missing").unwrap().is_empty());
}

#[test]
fn dependents_can_be_made_again() {
    let (mut connection, schema) = connect_with_schema();
    let create = "create table t (id int, name text); create view v1 as select id from t;
        create materialized view v2 as select v1.id, t.name from v1, t; create unique index on v2 (id);
        comment on view v1 is 'it''s one'; comment on column v1.id is 'the key'; grant select on v1 to public";
    connection.execute(create, Begin::Auto, Fetch::Nothing).unwrap();
    let before = dependents(&mut connection, &schema, "t").unwrap();
    let names: Vec<_> = before.iter().map(|view| (view.name.as_str(), view.depth)).collect();
    assert_eq!(names, [("v1", 1), ("v2", 2)]);
    let mut rebuild = String::from("drop materialized view v2; drop view v1;");
    for view in &before {
        let word = if view.kind == RelationKind::View { "view" } else { "materialized view" };
        rebuild += &format!("create {word} {} as {};", view.name, view.definition);
        rebuild += &view.restore.join(";");
        rebuild += ";";
    }
    connection.execute(&rebuild, Begin::Auto, Fetch::Nothing).unwrap();
    assert_eq!(dependents(&mut connection, &schema, "t").unwrap(), before);
    assert_eq!(before[0].restore.len(), 3);
    assert_eq!(grants(&mut connection, &schema, "v1").unwrap()[0].grantee, "PUBLIC");
}

#[test]
fn documentation_indexes_and_constraints() {
    let (mut connection, schema) = connect_with_schema();
    let create = "create table t (id int primary key, amount numeric(4, 1) check (amount > 0));
        create index by_amount on t using btree (lower(amount::text), id);
        comment on table t is 'all of it'; comment on column t.id is 'key'; create view v as select 1 as one";
    connection.execute(create, Begin::Auto, Fetch::Nothing).unwrap();
    let tables = documentation(&mut connection, &[schema.to_uppercase()]).unwrap();
    assert_eq!((tables[0].kind.as_str(), tables[0].comment.as_deref()), ("BASE TABLE", Some("all of it")));
    assert_eq!(tables[0].columns[1].data_type, "numeric(4,1)");
    assert_eq!((tables[1].kind.as_str(), tables.len()), ("VIEW", 2));
    let indexes = indexes(&mut connection, &schema, "t").unwrap();
    assert_eq!(indexes[0].columns, ["lower(amount::text)", "id"]);
    assert!(indexes[1].constraint && indexes[1].unique);
    let mut kinds: Vec<_> =
        constraints(&mut connection, &schema, "t").unwrap().into_iter().map(|found| found.kind).collect();
    // PostgreSQL 18 keeps NOT NULL as a constraint
    kinds.retain(|kind| kind != "not_null");
    assert_eq!(kinds[..2], ["check", "primary_key"]);
}
