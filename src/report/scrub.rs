//! Secrets never reach an output: values of `DBT_ENV_SECRET_*` become `*****`.

use super::visible::visible;

/// The secret values of this process's environment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scrubber {
    secrets: Vec<String>,
    /// A folder whose name would break lines, and how it is shown.
    folder: Option<(String, String)>,
}

impl Scrubber {
    /// Longer secrets are replaced first: one may contain another.
    pub(crate) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|value| !value.trim().is_empty()).collect();
        // as they are shown
        secrets.extend(secrets.iter().map(|value| visible(value)).collect::<Vec<_>>());
        secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { secrets, folder: None }
    }

    /// A project's folder may be called anything: it must not begin a new line of the log.
    #[must_use]
    pub(crate) fn with_folder(self, folder: &std::path::Path) -> Self {
        let raw = folder.display().to_string();
        let shown: String = raw
            .chars()
            .map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() })
            .collect();
        Self { folder: (raw != shown).then_some((raw, shown)), ..self }
    }

    pub(crate) fn scrub(&self, text: String) -> String {
        let text = match &self.folder {
            Some((raw, shown)) => text.replace(raw, shown).replace(&visible(raw), shown),
            None => text,
        };
        self.secrets.iter().fold(text, |text, secret| {
            if text.contains(secret.as_str()) { text.replace(secret.as_str(), "*****") } else { text }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_starred() {
        let scrubber = Scrubber::new(["abc".into(), "abcdef".into(), " ".into()]);
        assert_eq!(scrubber.scrub("x abcdef y abc z".into()), "x ***** y ***** z");
        let scrubber = scrubber.with_folder(std::path::Path::new("/a\nb"));
        assert_eq!(scrubber.scrub("in /a\nb/target\nabc".into()), "in /a\\nb/target\n*****");
        let scrubber = Scrubber::new(["a\x1bb".into()]).with_folder(std::path::Path::new("/a\n\x1bb"));
        assert_eq!(scrubber.scrub(visible("in /a\n\x1bb: a\x1bb")), "in /a\\n\\u{1b}b: *****");
    }
}
