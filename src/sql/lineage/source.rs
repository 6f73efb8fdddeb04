//! FROM: relations, CTEs, derived tables, table functions and their joins.

use super::fold::{fold, parts};
use super::ledger::Ledger;
use super::link::{Link, Links, normal};
use super::scope::{From, Place, Scope, Source, lookup};
use super::table::{Column, Item, Open, Star, Table};
use super::{Clause, EdgeKind, RelationName};
use sqlparser::ast::{
    Expr, FunctionArg, JoinConstraint, JoinOperator, JsonTableColumn, ObjectName, TableAlias, TableFactor,
    TableWithJoins,
};
use std::rc::Rc;
use std::sync::Arc;

impl Ledger<'_> {
    pub(super) fn sources(&mut self, tables: &[TableWithJoins], place: Place<'_>) -> From {
        let mut from = From::default();
        for table in tables {
            let scope = Scope { from: &from, windows: &[], parent: place.scope };
            let next = self.joined(table, place, Place { scope: Some(&scope), ..place });
            from = append(from, next);
        }
        from
    }

    /// One item of the comma list; `lateral` is the place that sees the items to the left.
    fn joined(&mut self, table: &TableWithJoins, place: Place<'_>, lateral: Place<'_>) -> From {
        let mut from = self.factor(&table.relation, place, lateral);
        for join in &table.joins {
            let scope = Scope { from: &from, windows: &[], parent: lateral.scope };
            let right = self.factor(&join.relation, place, Place { scope: Some(&scope), ..lateral });
            from = self.join(from, right, &join.join_operator, place);
        }
        from
    }

    fn factor(&mut self, factor: &TableFactor, place: Place<'_>, lateral: Place<'_>) -> From {
        match factor {
            TableFactor::Table { name, alias, args, with_ordinality, .. } => match args {
                Some(args) => {
                    self.table_function(name, &args.args, *with_ordinality, alias.as_ref(), lateral)
                }
                None => self.named(name, alias.as_ref(), place),
            },
            TableFactor::Function { name, args, with_ordinality, alias, .. } => {
                self.table_function(name, args, *with_ordinality, alias.as_ref(), lateral)
            }
            TableFactor::Derived { lateral: is_lateral, subquery, alias, .. } => {
                let table = self.query(subquery, if *is_lateral { lateral } else { place });
                self.source(table, None, alias.as_ref(), "")
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let inner = self.joined(table_with_joins, place, lateral);
                match alias {
                    None => inner,
                    Some(_) => {
                        let table = Table {
                            items: inner.visible,
                            rows: inner.rows,
                            influences: inner.influences,
                            base: None,
                        };
                        self.source(table, None, alias.as_ref(), "")
                    }
                }
            }
            TableFactor::UNNEST { array_exprs, alias, with_ordinality, .. } => {
                let columns: Vec<Links> = array_exprs
                    .iter()
                    .map(|expr| self.expression(expr, EdgeKind::Derived, lateral).into())
                    .collect();
                self.unnest(columns, *with_ordinality, alias.as_ref())
            }
            TableFactor::TableFunction { expr, alias } => {
                let links = self.expression(expr, EdgeKind::Derived, lateral);
                self.opaque(links, alias.as_ref(), &[])
            }
            TableFactor::JsonTable { json_expr, columns, alias, .. } => {
                let links = self.expression(json_expr, EdgeKind::Derived, lateral);
                self.opaque(links, alias.as_ref(), &json_columns(columns))
            }
            TableFactor::XmlTable { row_expression, passing, columns, alias, .. } => {
                let mut links = self.expression(row_expression, EdgeKind::Derived, lateral);
                for argument in &passing.arguments {
                    self.collect(&argument.expr, EdgeKind::Derived, lateral, &mut links);
                }
                let names: Vec<_> = columns.iter().map(|column| fold(&column.name)).collect();
                self.opaque(normal(links), alias.as_ref(), &names)
            }
            _ => {
                let link = self.unknown("an unsupported table expression", Vec::new());
                self.opaque(vec![link], None, &[])
            }
        }
    }

    /// A relation or a CTE by its name.
    fn named(&mut self, name: &ObjectName, alias: Option<&TableAlias>, place: Place<'_>) -> From {
        let parts = parts(name);
        let Some((last, qualifiers)) = parts.split_last() else { return From::default() };
        if qualifiers.is_empty()
            && let Some(table) = place.environment.get(last)
        {
            return self.shared_source(table, None, alias, last);
        }
        let mut qualifiers = qualifiers.iter().rev().cloned();
        let relation =
            RelationName { schema: qualifiers.next(), database: qualifiers.next(), name: Arc::clone(last) };
        let table = self.relation(relation.clone());
        self.shared_source(table, alias.is_none().then_some(relation), alias, last)
    }

    fn source(
        &mut self,
        table: Table,
        relation: Option<RelationName>,
        alias: Option<&TableAlias>,
        name: &str,
    ) -> From {
        self.shared_source(Rc::new(table), relation, alias, name)
    }

    fn shared_source(
        &mut self,
        table: Rc<Table>,
        relation: Option<RelationName>,
        alias: Option<&TableAlias>,
        name: &str,
    ) -> From {
        let names: Vec<Arc<str>> = alias
            .map(|alias| alias.columns.iter().map(|column| fold(&column.name)).collect())
            .unwrap_or_default();
        let table = if names.is_empty() { table } else { Rc::new(table.renamed(&names, self)) };
        let name = alias.map_or_else(|| name.into(), |alias| fold(&alias.name));
        From {
            visible: table.items.clone(),
            influences: table.influences.clone(),
            rows: table.rows.clone(),
            sources: vec![Source { name, relation, table }],
        }
    }

    /// A row source of which every column is made from the same links.
    fn opaque(&mut self, links: Vec<Link>, alias: Option<&TableAlias>, names: &[Arc<str>]) -> From {
        let links: Links = links.into();
        let items = if names.is_empty() {
            vec![Item::Star(Star { candidates: vec![Open::Expression(links)], blurred: Vec::new() })]
        } else {
            let column = |name: &Arc<str>| Column { name: Arc::clone(name), links: Rc::clone(&links) };
            names.iter().map(|name| Item::Column(column(name))).collect()
        };
        self.source(Table { items, ..Table::default() }, None, alias, "")
    }

    fn table_function(
        &mut self,
        name: &ObjectName,
        arguments: &[FunctionArg],
        with_ordinality: bool,
        alias: Option<&TableAlias>,
        place: Place<'_>,
    ) -> From {
        let function = parts(name).pop().unwrap_or_else(|| "".into());
        let mut per_argument: Vec<Links> = Vec::new();
        for argument in arguments {
            let mut links = Vec::new();
            self.argument(argument, EdgeKind::Derived, place, &mut links);
            per_argument.push(normal(links).into());
        }
        if &*function == "unnest" {
            return self.unnest(per_argument, with_ordinality, alias);
        }
        let links: Links =
            normal(per_argument.iter().flat_map(|links| links.iter().copied()).collect()).into();
        let own = alias.map_or_else(|| Arc::clone(&function), |alias| fold(&alias.name));
        let column = |name: Arc<str>| Item::Column(Column { name, links: Rc::clone(&links) });
        let mut items = match function_columns(&function) {
            FunctionColumns::Own => vec![column(own)],
            FunctionColumns::Named(names) => names.iter().map(|&name| column(name.into())).collect(),
            FunctionColumns::Unknown => {
                vec![Item::Star(Star { candidates: vec![Open::Expression(links)], blurred: Vec::new() })]
            }
        };
        if with_ordinality {
            items.push(Item::Column(Column { name: "ordinality".into(), links: Rc::from([]) }));
        }
        self.source(Table { items, ..Table::default() }, None, alias, &function)
    }

    fn unnest(&mut self, columns: Vec<Links>, with_ordinality: bool, alias: Option<&TableAlias>) -> From {
        // One array: the column takes the alias. Unnesting composites is not visible in the SQL.
        let single = columns.len() == 1;
        let name: Arc<str> = match alias {
            Some(alias) if single => fold(&alias.name),
            _ => "unnest".into(),
        };
        let more_names = alias.is_some_and(|alias| alias.columns.len() > 1 + usize::from(with_ordinality));
        let mut items: Vec<Item> = if single && more_names {
            vec![Item::Star(Star {
                candidates: vec![Open::Expression(Rc::clone(&columns[0]))],
                blurred: Vec::new(),
            })]
        } else {
            columns.into_iter().map(|links| Item::Column(Column { name: Arc::clone(&name), links })).collect()
        };
        if with_ordinality {
            items.push(Item::Column(Column { name: "ordinality".into(), links: Rc::from([]) }));
        }
        self.source(Table { items, ..Table::default() }, None, alias, "unnest")
    }

    fn join(&mut self, left: From, right: From, operator: &JoinOperator, place: Place<'_>) -> From {
        let (constraint, side) = match operator {
            JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => {
                (constraint, Side::Right)
            }
            JoinOperator::FullOuter(constraint) => (constraint, Side::Both),
            JoinOperator::Join(constraint)
            | JoinOperator::Inner(constraint)
            | JoinOperator::Left(constraint)
            | JoinOperator::LeftOuter(constraint)
            | JoinOperator::CrossJoin(constraint)
            | JoinOperator::Semi(constraint)
            | JoinOperator::LeftSemi(constraint)
            | JoinOperator::RightSemi(constraint)
            | JoinOperator::Anti(constraint)
            | JoinOperator::LeftAnti(constraint)
            | JoinOperator::RightAnti(constraint)
            | JoinOperator::AsOf { constraint, .. }
            | JoinOperator::StraightJoin(constraint) => (constraint, Side::Left),
            JoinOperator::CrossApply
            | JoinOperator::OuterApply
            | JoinOperator::ArrayJoin
            | JoinOperator::LeftArrayJoin
            | JoinOperator::InnerArrayJoin => return append(left, right),
        };
        match constraint {
            JoinConstraint::On(condition) => {
                let mut from = append(left, right);
                let links = self.condition(condition, &from, place);
                from.influences.extend(links);
                from
            }
            JoinConstraint::Using(columns) => {
                let names: Vec<Arc<str>> = columns.iter().filter_map(|name| parts(name).pop()).collect();
                self.merge(left, right, &names, side)
            }
            JoinConstraint::Natural => self.natural(left, right, side),
            JoinConstraint::None => append(left, right),
        }
    }

    fn condition(&mut self, condition: &Expr, from: &From, place: Place<'_>) -> Vec<Link> {
        let scope = Scope { from, windows: &[], parent: place.scope };
        self.expression(condition, EdgeKind::Influence(Clause::Join), Place { scope: Some(&scope), ..place })
    }

    fn natural(&mut self, left: From, right: From, side: Side) -> From {
        let names: Vec<Arc<str>> = left
            .visible
            .iter()
            .filter_map(|item| match item {
                Item::Column(column) => Some(Arc::clone(&column.name)),
                Item::Star(_) => None,
            })
            .filter(|name| {
                right.visible.iter().any(|item| matches!(item, Item::Column(column) if column.name == *name))
            })
            .collect();
        let is_open =
            [&left, &right].iter().any(|from| from.visible.iter().any(|item| matches!(item, Item::Star(_))));
        let rows: Vec<_> = left.rows.iter().chain(&right.rows).cloned().collect();
        let mut from = self.merge(left, right, &names, side);
        if is_open {
            let link = self.unknown("natural join", rows);
            from.influences.push(link.through(EdgeKind::Influence(Clause::Join)));
        }
        from
    }

    /// USING: one merged column in front, the rest of both sides after it.
    fn merge(&mut self, left: From, right: From, names: &[Arc<str>], side: Side) -> From {
        let mut merged = Vec::with_capacity(names.len());
        let mut influences = Vec::new();
        for name in names {
            let ours = lookup(&left.visible, name, self).unwrap_or_default();
            let theirs = lookup(&right.visible, name, self).unwrap_or_default();
            let join = EdgeKind::Influence(Clause::Join);
            influences.extend(ours.iter().chain(&theirs).map(|link| link.through(join)));
            let links = match side {
                Side::Left => ours,
                Side::Right => theirs,
                Side::Both => {
                    ours.into_iter().chain(theirs).map(|link| link.through(EdgeKind::Derived)).collect()
                }
            };
            merged.push(Item::Column(Column { name: Arc::clone(name), links: normal(links).into() }));
        }
        let mut from = append(left, right);
        from.visible.retain(|item| !matches!(item, Item::Column(column) if names.contains(&column.name)));
        merged.append(&mut from.visible);
        from.visible = merged;
        from.influences.extend(influences);
        from
    }
}

/// Which side's value a merged column has.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
    Both,
}

fn append(mut left: From, right: From) -> From {
    left.sources.extend(right.sources);
    left.visible.extend(right.visible);
    left.influences.extend(right.influences);
    left.rows.extend(right.rows);
    left.rows.sort();
    left.rows.dedup();
    left
}

fn json_columns(columns: &[JsonTableColumn]) -> Vec<Arc<str>> {
    columns
        .iter()
        .flat_map(|column| match column {
            JsonTableColumn::Named(named) => vec![fold(&named.name)],
            JsonTableColumn::ForOrdinality(name) => vec![fold(name)],
            JsonTableColumn::Nested(nested) => json_columns(&nested.columns),
        })
        .collect()
}

enum FunctionColumns {
    /// One column, named as the function or its alias.
    Own,
    Named(&'static [&'static str]),
    Unknown,
}

fn function_columns(function: &str) -> FunctionColumns {
    match function {
        "generate_series"
        | "generate_subscripts"
        | "regexp_split_to_table"
        | "regexp_matches"
        | "string_to_table"
        | "json_object_keys"
        | "jsonb_object_keys"
        | "jsonb_path_query"
        | "jsonb_path_query_tz" => FunctionColumns::Own,
        "json_array_elements"
        | "json_array_elements_text"
        | "jsonb_array_elements"
        | "jsonb_array_elements_text" => FunctionColumns::Named(&["value"]),
        "json_each" | "json_each_text" | "jsonb_each" | "jsonb_each_text" | "each" => {
            FunctionColumns::Named(&["key", "value"])
        }
        "ts_stat" => FunctionColumns::Named(&["word", "ndoc", "nentry"]),
        _ => FunctionColumns::Unknown,
    }
}
