//! The jobs of the root project: read from their files, and checked against each other and the manifest.

use super::ParseRequest;
use crate::config::jobs::{self, CatchUp, Cycle, Job, JobAction, LooksAt, When};
use crate::config::optional_text;
use crate::config::schedule::{Schedule, Upstream};
use crate::diagnostic::{Diagnostic, Diagnostics, SourceText, Span, did_you_mean};
use crate::manifest::{Manifest, SourceDefinition};
use crate::project::FileKind;

const FILES: [&str; 2] = ["jobs.yml", "jobs.yaml"];

/// A job whose intervals are known.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedJob {
    pub job: Job,
    pub cycle: Cycle,
    pub catch_up: CatchUp,
    /// What it comes after, and what it depends on.
    pub upstream: Vec<Upstream>,
}

/// Upstream first.
pub(super) fn resolved(
    request: &ParseRequest<'_>,
    manifest: &Manifest,
) -> Result<Vec<ResolvedJob>, Diagnostics> {
    let jobs = read(request)?;
    let mut problems = Vec::new();
    for (at, job) in jobs.iter().enumerate() {
        if jobs[..at].iter().any(|other| other.name == job.name) {
            problems.push(wrong(format!("there are two jobs named `{}`", job.name), &job.span));
        }
        problems.extend(check(job, &jobs, manifest));
    }
    if !problems.is_empty() {
        return Err(Diagnostics(problems));
    }
    in_order(jobs).map_err(|problem| (*problem).into())
}

fn read(request: &ParseRequest<'_>) -> Result<Vec<Job>, Diagnostics> {
    let root = &request.project.root;
    let mut found = Vec::new();
    for name in FILES {
        if let Some(text) = optional_text(&root.file.directory, "", name)? {
            found.extend(jobs::read(&SourceText::new(name, text))?);
        }
    }
    let mut problems = Vec::new();
    for file in root.files.of(FileKind::Job) {
        match jobs::read(&file.source) {
            Ok(jobs) => found.extend(jobs),
            Err(Diagnostics(more)) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(found) } else { Err(Diagnostics(problems)) }
}

fn wrong(message: String, span: &Span) -> Diagnostic {
    Diagnostic::parsing("job", message).label(span.clone(), "")
}

/// Names that mean nothing, or something else already.
fn check(job: &Job, jobs: &[Job], manifest: &Manifest) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let scheduled = || {
        let nodes = manifest.nodes.values().filter(|node| node.is_refable());
        nodes.filter(|node| Schedule::of_config(&node.config).is_ok_and(|schedule| schedule.is_some()))
    };
    if scheduled().any(|node| node.name == job.name) {
        let message = format!("`{}` is already the name of a node with a schedule", job.name);
        problems.push(wrong(message, &job.span));
    }
    let names = || jobs.iter().map(|job| job.name.as_str());
    if let When::After(after) = &job.when {
        for (name, span) in after {
            if !names().any(|known| known == name) {
                let message = format!("`{}` comes after `{name}`, which is not a job", job.name);
                problems.push(wrong(message, span).maybe_help(did_you_mean(name, names())));
            }
        }
    }
    for (upstream, span) in &job.depends_on {
        let known: Vec<&str> = names().chain(scheduled().map(|node| node.name.as_str())).collect();
        if !known.contains(&upstream.dag_id.as_str()) {
            let message = format!(
                "`{}` depends on `{}`, which is neither a job nor a pipeline or model with a schedule",
                job.name, upstream.dag_id
            );
            problems.push(wrong(message, span).maybe_help(did_you_mean(&upstream.dag_id, known)));
        } else if upstream.dag_id == job.name && upstream.timedelta_seconds == 0 {
            problems.push(wrong(format!("`{}` depends on its own interval", job.name), span));
        }
    }
    for sensor in &job.sensors {
        let LooksAt::Source(name) = &sensor.looks_at else { continue };
        let full = |source: &SourceDefinition| format!("{}.{}", source.source_name, source.name);
        match manifest.sources.values().find(|source| full(source) == *name) {
            None => {
                let known: Vec<String> = manifest.sources.values().map(|source| full(source)).collect();
                let message = format!("`{}` depends on `{name}`, which is not a source", job.name);
                let near = did_you_mean(name, known.iter().map(String::as_str));
                problems.push(wrong(message, &sensor.span).maybe_help(near));
            }
            Some(source) if !is_measured(source) => {
                let message = format!("`{}` depends on `{name}`, whose freshness is not measured", job.name);
                let help = "give the source a `loaded_at_field` or a `loaded_at_query`";
                problems.push(wrong(message, &sensor.span).help(help));
            }
            Some(_) => {}
        }
    }
    for step in &job.steps {
        if let JobAction::Operation { macro_name, place, .. } = &step.action {
            let plain = macro_name.rsplit('.').next().unwrap_or(macro_name);
            let known = || manifest.macros.values().map(|known| known.name.as_str());
            if !known().any(|known| known == plain) {
                let message = format!("there is no macro named `{macro_name}`");
                problems.push(wrong(message, place).maybe_help(did_you_mean(plain, known())));
            }
        }
    }
    problems
}

/// `freshness: null` says not to.
fn is_measured(source: &SourceDefinition) -> bool {
    source.freshness.is_some() && (source.loaded_at_field.is_some() || source.loaded_at_query.is_some())
}

/// A job that comes after others has their intervals.
fn in_order(mut jobs: Vec<Job>) -> crate::diagnostic::Result<Vec<ResolvedJob>> {
    let mut resolved: Vec<ResolvedJob> = Vec::new();
    while !jobs.is_empty() {
        let is_ready = |job: &Job| match &job.when {
            When::Cycle(_) => true,
            When::After(after) => {
                after.iter().all(|(name, _)| resolved.iter().any(|known| known.job.name == *name))
            }
        };
        let Some(at) = jobs.iter().position(is_ready) else {
            let names: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
            let message = format!("these jobs come after each other in a circle: {}", names.join(", "));
            return Err(wrong(message, &jobs[0].span).boxed());
        };
        let job = jobs.remove(at);
        let next = resolve(job, &resolved)?;
        resolved.push(next);
    }
    Ok(resolved)
}

fn resolve(job: Job, known: &[ResolvedJob]) -> crate::diagnostic::Result<ResolvedJob> {
    let mut upstream: Vec<Upstream> = job.depends_on.iter().map(|(upstream, _)| upstream.clone()).collect();
    let (cycle, catch_up) = match &job.when {
        When::Cycle(cycle) => (cycle.clone(), job.catch_up),
        When::After(after) => {
            let named = |name: &str| known.iter().find(|known| known.job.name == name);
            let mut parents = after.iter().filter_map(|(name, span)| Some((named(name)?, span)));
            let Some((first, _)) = parents.next() else {
                return Err(wrong(format!("`{}` comes after no job", job.name), &job.span).boxed());
            };
            if let Some((other, span)) = parents.find(|(other, _)| other.cycle.cron != first.cycle.cron) {
                let message = format!(
                    "`{}` and `{}` have different intervals, so nothing comes after both",
                    first.job.name, other.job.name
                );
                let help = "give the job a `cron` of its own, and name them in `depends_on`";
                return Err(wrong(message, span).help(help).boxed());
            }
            upstream.extend(after.iter().map(|(name, _)| Upstream::whenever(name)));
            (first.cycle.clone(), first.catch_up)
        }
    };
    Ok(ResolvedJob { job, cycle, catch_up, upstream })
}
