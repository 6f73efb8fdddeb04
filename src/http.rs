//! Requests over HTTP: packages are fetched, alerts are posted.

use std::io::Read as _;
use std::time::Duration;

/// What a request came to when it failed.
pub(crate) struct Failure {
    pub message: String,
    /// Asking again would be answered the same.
    pub is_final: bool,
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        let is_final = matches!(error, ureq::Error::StatusCode(400..=499) | ureq::Error::HostNotFound);
        Self { message: error.to_string(), is_final }
    }
}

pub(crate) struct Client(ureq::Agent);

impl Client {
    /// Each request may take so long, from the name's resolution to the answer's end.
    pub(crate) fn new(timeout: Duration) -> Self {
        let connecting = timeout.min(Duration::from_secs(10));
        let agent = ureq::Agent::config_builder()
            .timeout_connect(Some(connecting))
            .timeout_global(Some(timeout))
            .build()
            .new_agent();
        Self(agent)
    }

    /// At most so many bytes of the answer.
    pub(crate) fn get(&self, url: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let mut bytes = Vec::new();
        let mut answer = self.0.get(url).call()?;
        answer
            .body_mut()
            .as_reader()
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure { message: error.to_string(), is_final: false })?;
        Ok(bytes)
    }

    pub(crate) fn post_json(&self, url: &str, body: &str) -> Result<(), Failure> {
        self.0.post(url).content_type("application/json").send(body)?;
        Ok(())
    }
}
