//! `rsdbt deps`: installs the packages that the project names.

use super::bare_renderer::BareRenderer;
use super::invocation::Invocation;
use super::{CommandResult, Outcome};
use crate::config::project_file::VersionCheck;
use crate::diagnostic::{Diagnostic, Result};
use crate::options::table::{ADD_PACKAGE, LOCK, SOURCE, UPGRADE, VERSION_CHECK};
use crate::project::packages::{
    AddPackage, DepsEvent, DepsRequest, HUB_URL, PackageOrigin, add_package, deps,
};
use crate::run::Event;

pub(super) fn run(invocation: &Invocation) -> CommandResult {
    let flags = &invocation.flags;
    let renderer = BareRenderer::new(invocation, None)?.lenient().for_packages();
    let raw = invocation.raw_project()?;
    let mut warnings = Vec::new();
    // dbt: packages are installed before the project must be valid in any other way
    let file = raw.render(&renderer.clone(), VersionCheck::Skipped, &mut warnings)?;
    let mut said: Vec<DepsEvent> = Vec::new();
    if let Some(package) = flags.text(&ADD_PACKAGE) {
        let origin = match flags.text(&SOURCE) {
            Some("git") => PackageOrigin::Git,
            Some("local") => PackageOrigin::Local,
            _ => PackageOrigin::Hub,
        };
        let package = AddPackage::parse(package, origin);
        add_package(&invocation.project_directory, &package, &mut |event| said.push(event))?;
        tell(invocation, &mut said)?;
    }
    let request = DepsRequest {
        project_directory: invocation.project_directory.clone(),
        project_name: &file.name,
        install_directory: file.packages_directory(),
        renderer: &renderer,
        version_check: if flags.is(&VERSION_CHECK) { VersionCheck::Enforced } else { VersionCheck::Skipped },
        upgrade: flags.is(&UPGRADE),
        lock_only: flags.is(&LOCK),
        hub_url: invocation.environment.get("DBT_PACKAGE_HUB_URL").unwrap_or(HUB_URL).to_owned(),
        secrets: invocation.environment.secrets(),
    };
    let emitter = &invocation.emitter;
    let result = deps(&request, &mut |event| {
        if event.is_warning() {
            said.push(event);
        } else {
            emitter.emit(as_event(&event));
        }
    });
    tell(invocation, &mut said)?;
    result?;
    Ok(Outcome::Success)
}

fn tell(invocation: &Invocation, said: &mut Vec<DepsEvent>) -> Result<()> {
    for event in said.drain(..) {
        if event.is_warning() {
            invocation.emitter.warn(Diagnostic::warning(event.name(), event.message()))?;
        } else {
            invocation.emitter.emit(as_event(&event));
        }
    }
    Ok(())
}

fn as_event(event: &DepsEvent) -> Event {
    match event {
        DepsEvent::NoPackages => Event::DepsNoPackagesFound {},
        DepsEvent::LockUpdating { path } => {
            Event::DepsLockUpdating { lock_filepath: path.display().to_string() }
        }
        DepsEvent::Installing { name } => Event::DepsStartPackageInstall { package_name: name.clone() },
        DepsEvent::Installed { version } => Event::DepsInstallInfo { version_name: version.clone() },
        DepsEvent::UpdateAvailable { version } => {
            Event::DepsUpdateAvailable { version_latest: version.clone() }
        }
        DepsEvent::UpToDate => Event::DepsUpToDate {},
        DepsEvent::Subdirectory { path } => Event::DepsListSubdirectory { subdirectory: path.clone() },
        DepsEvent::UpdatesAvailable { packages } => {
            Event::DepsNotifyUpdatesAvailable { packages: packages.clone() }
        }
        DepsEvent::Added { name, version, path } => Event::DepsAddPackage {
            package_name: name.clone(),
            version: version.clone(),
            packages_filepath: path.display().to_string(),
        },
        DepsEvent::DuplicateRemoved { .. }
        | DepsEvent::Unpinned { .. }
        | DepsEvent::SecretScrubbed { .. } => Event::Note { msg: event.message() },
    }
}
