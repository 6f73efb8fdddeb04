//! What can be attached to a relation, from the catalogs themselves: whatever a later PostgreSQL adds must be decided first.

use std::collections::BTreeSet;

use crate::support::Database;

/// Catalogs that name a relation, and where the row of the table in docs/postgres.md, if any, says what becomes of it.
const REFERENCES: &[(&str, &str)] = &[
    ("pg_attrdef.adrelid", "Defaults"),
    ("pg_attribute.attrelid", "Statistics targets"),
    ("pg_class.reltoastrelid", "Storage parameters"),
    ("pg_class.relrewrite", ""),
    ("pg_constraint.conrelid", "Constraints"),
    ("pg_constraint.confrelid", "foreign keys to the table"),
    ("pg_constraint.conindid", "Indexes"),
    ("pg_depend.classid", "Functions"),
    ("pg_depend.refclassid", "Functions"),
    ("pg_description.classoid", "Comments"),
    ("pg_extension.extconfig", "extension"),
    ("pg_foreign_table.ftrelid", ""),
    ("pg_index.indexrelid", "Indexes"),
    ("pg_index.indrelid", "Indexes"),
    ("pg_inherits.inhparent", "inherit"),
    ("pg_inherits.inhrelid", "Parents"),
    ("pg_init_privs.classoid", ""),
    ("pg_partitioned_table.partdefid", ""),
    ("pg_partitioned_table.partrelid", ""),
    ("pg_policy.polrelid", "policies"),
    ("pg_publication_rel.prrelid", "publications"),
    ("pg_rewrite.ev_class", "Rules"),
    ("pg_seclabel.classoid", "Security labels"),
    ("pg_sequence.seqrelid", "sequences"),
    ("pg_shdepend.classid", "Owner"),
    ("pg_shdepend.refclassid", ""),
    ("pg_shdescription.classoid", ""),
    ("pg_shseclabel.classoid", ""),
    ("pg_statistic.starelid", ""),
    ("pg_statistic_ext.stxrelid", "Extended statistics"),
    ("pg_subscription_rel.srrelid", "subscription"),
    ("pg_trigger.tgconstrindid", ""),
    ("pg_trigger.tgconstrrelid", ""),
    ("pg_trigger.tgrelid", "Triggers"),
    ("pg_type.typrelid", "row type"),
];

/// Columns of the catalogs whose rows describe the table itself, all of them looked at.
const DESCRIBED: &[(&str, &str)] = &[
    (
        "pg_class",
        "oid relacl relallfrozen relallvisible relam relchecks relfilenode relforcerowsecurity relfrozenxid relhasindex relhasrules \
         relhassubclass relhastriggers relispartition relispopulated relisshared relkind relminmxid relname relnamespace relnatts \
         reloftype reloptions relowner relpages relpartbound relpersistence relreplident relrewrite relrowsecurity reltablespace \
         reltoastrelid reltuples reltype",
    ),
    (
        "pg_attribute",
        "attacl attalign attbyval attcacheoff attcollation attcompression attfdwoptions attgenerated atthasdef atthasmissing \
         attidentity attinhcount attisdropped attislocal attlen attmissingval attname attndims attnotnull attnum attoptions attrelid \
         attstattarget attstorage atttypid atttypmod",
    ),
    (
        "pg_index",
        "indcheckxmin indclass indcollation indexprs indexrelid indimmediate indisclustered indisexclusion indislive indisprimary \
         indisready indisreplident indisunique indisvalid indkey indnatts indnkeyatts indnullsnotdistinct indoption indpred indrelid",
    ),
    (
        "pg_constraint",
        "conbin condeferrable condeferred conenforced conexclop conffeqop confdelsetcols confdeltype confkey confmatchtype confrelid \
         confupdtype conindid coninhcount conislocal conkey conname connamespace connoinherit conparentid conperiod conpfeqop conppeqop \
         conrelid contype contypid convalidated oid",
    ),
    ("pg_policy", "oid polcmd polname polpermissive polqual polrelid polroles polwithcheck"),
    ("pg_publication_rel", "oid prattrs prpubid prqual prrelid"),
    ("pg_statistic_ext", "oid stxexprs stxkeys stxkind stxname stxnamespace stxowner stxrelid stxstattarget"),
    ("pg_rewrite", "ev_action ev_class ev_enabled ev_qual ev_type is_instead oid rulename"),
    (
        "pg_trigger",
        "oid tgargs tgattr tgconstraint tgconstrindid tgconstrrelid tgdeferrable tgenabled tgfoid tginitdeferred tgisinternal tgname \
         tgnargs tgnewtable tgoldtable tgparentid tgqual tgrelid tgtype",
    ),
    ("pg_inherits", "inhdetachpending inhparent inhrelid inhseqno"),
    ("pg_sequence", "seqcache seqcycle seqincrement seqmax seqmin seqrelid seqstart seqtypid"),
];

#[test]
fn every_catalog_that_refers_to_a_relation_is_decided() {
    let database = Database::new();
    let found = database
        .client()
        .query(
            "select distinct fktable::regclass::text || '.' || unnest(fkcols)
             from pg_get_catalog_foreign_keys() where pktable = 'pg_class'::regclass order by 1",
            &[],
        )
        .unwrap();
    let found: BTreeSet<String> = found.iter().map(|row| row.get(0)).collect();
    let decided: BTreeSet<String> = REFERENCES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let undecided: Vec<&String> = found.difference(&decided).collect();
    assert!(found.len() > 30 && undecided.is_empty(), "these refer to relations: {undecided:?}");
    let page = std::fs::read_to_string("docs/postgres.md").unwrap();
    for (name, row) in REFERENCES {
        assert!(page.contains(row), "docs/postgres.md does not say what becomes of {name} ({row})");
    }
}

#[test]
fn every_column_of_a_catalog_that_describes_a_table_is_decided() {
    let database = Database::new();
    let mut client = database.client();
    for (catalog, columns) in DESCRIBED {
        let sql = format!(
            "select attname::text from pg_attribute where attrelid = 'pg_catalog.{catalog}'::regclass and attnum > 0"
        );
        let decided: BTreeSet<&str> = columns.split_whitespace().collect();
        let rows = client.query(&sql, &[]).unwrap();
        let undecided: Vec<String> = rows
            .iter()
            .map(|row| row.get::<_, String>(0))
            .filter(|name| !decided.contains(name.as_str()))
            .collect();
        assert!(undecided.is_empty(), "{catalog} has columns that nobody has decided on: {undecided:?}");
    }
}
