//! Jobs as tasks of a target.

use std::sync::Arc;

use super::task::{Other, Task, Work, of_other_targets, tasks};
use crate::config::jobs::Job;
use crate::config::schedule::Schedule;
use crate::diagnostic::Diagnostics;
use crate::graph::Graph;
use crate::manifest::Manifest;
use crate::parse::ResolvedJob;

/// What a target runs, upstream first, and what it leaves alone.
pub(crate) struct Planned {
    pub tasks: Vec<Task>,
    pub others: Vec<Other>,
}

/// Nodes with a schedule, and jobs after them.
pub(crate) fn planned(
    manifest: &Manifest,
    graph: &Graph,
    jobs: &[ResolvedJob],
    project: &str,
    target: &str,
) -> Result<Planned, Diagnostics> {
    let mut tasks = tasks(manifest, graph, target)?;
    let mut others = of_other_targets(manifest, target);
    for resolved in jobs {
        let job = &resolved.job;
        let elsewhere = job.target.as_ref().filter(|wanted| *wanted != target);
        let waits = || {
            let missing = |name: &str| others.iter().any(|other| other.name == name);
            resolved.upstream.iter().find(|upstream| missing(&upstream.dag_id))
        };
        let why = match (elsewhere, waits()) {
            (Some(wanted), _) => Some(format!("target: {wanted}")),
            (None, Some(upstream)) => Some(format!("waits for {}", upstream.dag_id)),
            (None, None) => None,
        };
        match why {
            Some(why) => others.push(Other { name: job.name.clone(), why }),
            None => tasks.push(task(resolved, project)),
        }
    }
    Ok(Planned { tasks, others })
}

fn task(resolved: &ResolvedJob, project: &str) -> Task {
    let (job, cycle) = (&resolved.job, &resolved.cycle);
    Task {
        unique_id: format!("job.{project}.{}", job.name),
        name: job.name.clone(),
        schedule: schedule(resolved, job),
        cron: cycle.cron.clone(),
        start: cycle.start,
        end: cycle.end,
        catch_up: resolved.catch_up,
        work: Work::Job(Arc::new(job.clone())),
    }
}

fn schedule(resolved: &ResolvedJob, job: &Job) -> Schedule {
    Schedule {
        cron: resolved.cycle.cron.to_string(),
        start_date: resolved.cycle.start.to_string(),
        end_date: None,
        execution_delay_seconds: 0,
        upstream_dependencies: resolved.upstream.clone(),
        retries: job.retries,
        retry_delay_seconds: job.retry_delay_seconds,
        depends_on_past: false,
        catch_up: true,
        keep_intervals: Schedule::default_keep_intervals(),
        test: false,
        conn_id: None,
    }
}
