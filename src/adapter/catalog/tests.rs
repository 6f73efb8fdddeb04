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
fn relations_are_documented_with_their_comments() {
    let (mut connection, schema) = connect_with_schema();
    let create = "create table t (id int primary key, amount numeric(4, 1) check (amount > 0));
        comment on table t is 'all of it'; comment on column t.id is 'key'; create view v as select 1 as one";
    connection.execute(create, Begin::Auto, Fetch::Nothing).unwrap();
    let tables = documentation(&mut connection, &[schema.to_uppercase()]).unwrap();
    assert_eq!((tables[0].kind.as_str(), tables[0].comment.as_deref()), ("BASE TABLE", Some("all of it")));
    assert_eq!(tables[0].columns[1].data_type, "numeric(4,1)");
    assert_eq!((tables[1].kind.as_str(), tables.len()), ("VIEW", 2));
}
