//! Secrets never reach an output: values of `DBT_ENV_SECRET_*` become `*****`.

/// The secret values of this process's environment.
#[derive(Debug, Clone, Default)]
pub struct Scrubber {
    secrets: Vec<String>,
}

impl Scrubber {
    pub fn from_environment() -> Self {
        Self::new(
            std::env::vars().filter(|(name, _)| name.starts_with("DBT_ENV_SECRET")).map(|(_, value)| value),
        )
    }

    /// Longer secrets are replaced first: one may contain another.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|value| !value.trim().is_empty()).collect();
        secrets.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { secrets }
    }

    pub fn scrub(&self, text: String) -> String {
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
    }
}
