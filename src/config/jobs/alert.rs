//! Whom a job tells how it ended.

use super::values::{CODE, words};
use crate::config::{Fields, Yaml, strict};
use crate::diagnostic::{Diagnostic, Result};

const KEYS: &[&str] = &["webhook", "webhook_from", "command"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Alert {
    Webhook(String),
    /// The variable of the environment that has the URL, which is a secret.
    WebhookFrom(String),
    /// Without a shell.
    Command(Vec<String>),
}

pub(super) fn read(entry: &Yaml) -> Result<Alert> {
    let fields = Fields::new(entry, "alert", "")?;
    strict::refuse_unknown(CODE, &fields, KEYS)?;
    if fields.mapping().len() != 1 {
        let error =
            Diagnostic::parsing(CODE, "an alert has exactly one of `webhook`, `webhook_from` and `command`");
        return Err(error.label(entry.span(), "").boxed());
    }
    if let Some(value) = fields.get("command") {
        return Ok(Alert::Command(words(value, "`command`")?));
    }
    if let Some(variable) = fields.string("webhook_from")? {
        return Ok(Alert::WebhookFrom(variable));
    }
    let Some(value) = fields.get("webhook") else { return Err(strict::missing(CODE, &fields, "webhook")) };
    let url = value.expect_str("`webhook`")?;
    if !(url.starts_with("https://") || url.starts_with("http://")) {
        let error = Diagnostic::parsing(CODE, format!("`{url}` is not the URL of a webhook"));
        let help = "write it as `https://..`; where it is a secret, name the variable of the environment that has it: `webhook_from: DBT_ENV_SECRET_HOOK`";
        return Err(error.label(value.span(), "").help(help).boxed());
    }
    Ok(Alert::Webhook(url.to_owned()))
}
