//! What pipelines read and wait for: other nodes, sources, or tables that only the database knows.

use std::sync::Arc;

use super::pipelines::split;
use super::settle::Parser;
use crate::adapter::quote_identifier;
use crate::config::pipelines::{Merge, Pipeline, Work};
use crate::diagnostic::{Diagnostic, Diagnostics, Result, did_you_mean};
use crate::manifest::RefArgs;

impl Parser<'_> {
    /// To be called once all names of the project are known.
    pub(super) fn link_pipelines(&mut self) -> Result<(), Diagnostics> {
        let mut problems = Vec::new();
        for (at, pipeline) in std::mem::take(&mut self.pipelines) {
            if let Work::Merge(merge) = &pipeline.work {
                self.link_staging(at, merge);
            }
            if let Err(problem) = self.link_upstreams(at, &pipeline) {
                problems.push(*problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Diagnostics(problems)) }
    }

    /// The staging table is a model or seed of that name, else a source, else just a table of the database.
    fn link_staging(&mut self, at: usize, merge: &Merge) {
        let name = merge.staging_table.as_str();
        let (schema, table) = split(name);
        let is_node = schema.is_none()
            && self.drafts.iter().any(|draft| draft.node.name == table && draft.node.is_refable());
        let source = self.source_of(schema, table);
        let draft = &mut self.drafts[at];
        let code = if is_node {
            draft.node_mut().refs.push(RefArgs { name: table.to_owned(), ..RefArgs::default() });
            format!("select * from {{{{ ref('{table}') }}}}")
        } else if let Some([source, table]) = source {
            let code = format!("select * from {{{{ source('{source}', '{table}') }}}}");
            draft.node_mut().sources.push(vec![source, table]);
            code
        } else {
            let relation = match schema {
                Some(schema) => format!("{}.{}", quote_identifier(schema), quote_identifier(table)),
                None => quote_identifier(table),
            };
            draft.calls.insert("consume".to_owned(), relation.as_str().into());
            format!("select * from {relation}")
        };
        draft.node_mut().raw_code = Arc::from(code);
    }

    /// The source and table names of a declared source table.
    fn source_of(&self, schema: Option<&str>, table: &str) -> Option<[String; 2]> {
        self.entries.iter().flat_map(|file| &file.sources).find_map(|entry| {
            let source = entry.rendered.get("name")?.as_str()?;
            let own_schema =
                entry.rendered.get("schema").and_then(|schema| schema.as_str()).unwrap_or(source);
            if schema.is_some_and(|schema| schema != own_schema) {
                return None;
            }
            let tables = entry.rendered.get("tables")?.as_sequence()?;
            tables.iter().find_map(|entry| {
                let name = entry.get("name")?.as_str()?;
                let identifier = entry.get("identifier").and_then(|text| text.as_str()).unwrap_or(name);
                (identifier == table).then(|| [source.to_owned(), name.to_owned()])
            })
        })
    }

    fn link_upstreams(&mut self, at: usize, pipeline: &Pipeline) -> Result<()> {
        for (upstream, span) in pipeline.schedule.upstream_dependencies.iter().zip(&pipeline.upstream_spans) {
            let known = || self.drafts.iter().filter(|draft| draft.node.is_refable());
            if !known().any(|draft| draft.node.name == upstream.dag_id) {
                let names: Vec<&str> = known().map(|draft| draft.node.name.as_str()).collect();
                return Err(Diagnostic::parsing(
                    "pipeline",
                    format!(
                        "`{}` waits for `{}`, which is neither a pipeline nor a model",
                        pipeline.id, upstream.dag_id
                    ),
                )
                .label(span.clone(), "")
                .maybe_help(did_you_mean(&upstream.dag_id, names.iter().copied()))
                .boxed());
            }
            let reference = RefArgs { name: upstream.dag_id.clone(), ..RefArgs::default() };
            let refs = &mut self.drafts[at].node_mut().refs;
            if !refs.contains(&reference) {
                refs.push(reference);
            }
        }
        Ok(())
    }
}
