//! A connection URI as libpq reads it: `postgresql://user:password@host:5432/dbname?sslmode=require`.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Result, nearest};

use super::settings::{Settings, SslMode};

/// The query parameters that are understood.
const PARAMETERS: [&str; 14] = [
    "host",
    "port",
    "user",
    "password",
    "dbname",
    "sslmode",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "application_name",
    "connect_timeout",
    "keepalives_idle",
    "options",
    "search_path",
];

impl Settings {
    /// What the URI does not say keeps its default.
    pub fn from_uri(uri: &str) -> Result<Self> {
        let mut settings = Self::default();
        let rest = uri
            .strip_prefix("postgresql://")
            .or_else(|| uri.strip_prefix("postgres://"))
            .ok_or_else(|| invalid("it does not start with `postgresql://`"))?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (credentials, place) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        let (host, port) = split_port(place)?;
        for (name, value) in
            [("host", host), ("port", port), ("user", user), ("password", password), ("dbname", database)]
        {
            if !value.is_empty() {
                settings.set_parameter(name, &decode(value)?)?;
            }
        }
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').ok_or_else(|| invalid("a parameter has no `=`"))?;
            settings.set_parameter(&decode(name)?, &decode(value)?)?;
        }
        if settings.database.is_empty() {
            settings.database.clone_from(&settings.user);
        }
        Ok(settings)
    }

    fn set_parameter(&mut self, name: &str, value: &str) -> Result<()> {
        match name {
            "host" => value.clone_into(&mut self.host),
            "port" => self.port = number(name, value)?,
            "user" => value.clone_into(&mut self.user),
            "password" => self.password = Some(value.to_owned()),
            "dbname" => value.clone_into(&mut self.database),
            "sslmode" => {
                let mode = SslMode::from_name(value);
                self.tls.mode = mode.ok_or_else(|| invalid(&format!("`{value}` is no sslmode")))?;
            }
            "sslcert" => self.tls.certificate = Some(value.into()),
            "sslkey" => self.tls.key = Some(value.into()),
            "sslrootcert" => self.tls.root_certificate = Some(value.into()),
            "application_name" => self.application_name = Some(value.to_owned()),
            "connect_timeout" => self.connect_timeout = Duration::from_secs(number(name, value)?),
            "keepalives_idle" => self.keepalives_idle = number(name, value)?,
            "search_path" => self.search_path = Some(value.to_owned()),
            "options" => self.set_options(value)?,
            _ => {
                let hint = nearest(name, PARAMETERS).map(|near| format!("did you mean `{near}`?"));
                return Err(invalid_diagnostic(&format!("`{name}` is no parameter"))
                    .maybe_help(hint)
                    .boxed());
            }
        }
        Ok(())
    }

    /// `-c name=value -c name=value`, a blank in a value written as `\ `.
    fn set_options(&mut self, options: &str) -> Result<()> {
        let words = options.replace("\\ ", "\u{1}");
        let mut words = words.split_ascii_whitespace();
        while let Some(word) = words.next() {
            let setting = match word.strip_prefix("-c") {
                Some("") => words.next(),
                Some(rest) => Some(rest),
                None => word.strip_prefix("--"),
            };
            let (name, value) = setting
                .and_then(|setting| setting.split_once('='))
                .ok_or_else(|| invalid("`options` is not `-c name=value`"))?;
            self.session.insert(name.to_owned(), value.replace('\u{1}', " "));
        }
        Ok(())
    }
}

/// Splits `host:port`, minding the brackets of IPv6 addresses.
fn split_port(place: &str) -> Result<(&str, &str)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| invalid("`[` is not closed"))?;
        return Ok((host, port.trim_start_matches(':')));
    }
    Ok(place.split_once(':').unwrap_or((place, "")))
}

fn number<N: std::str::FromStr>(name: &str, value: &str) -> Result<N> {
    value.parse().map_err(|_| invalid(&format!("`{name}` is `{value}`, not a number in range")))
}

fn decode(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.extend(u8::try_from(high * 16 + low)),
            _ => return Err(invalid("`%` is not followed by two hexadecimal digits")),
        }
    }
    String::from_utf8(bytes).map_err(|_| invalid("it is not UTF-8"))
}

/// The URI itself stays out of the message: it holds the password.
fn invalid(reason: &str) -> Box<Diagnostic> {
    invalid_diagnostic(reason).boxed()
}

fn invalid_diagnostic(reason: &str) -> Diagnostic {
    Diagnostic::runtime("invalid-connection-uri", format!("the connection URI is not valid: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_are_read() {
        let uri = "postgresql://me%40x:se%2Fcret@[::1]:6000/shop?sslmode=verify-full&options=-c%20work_mem%3D1GB%20-csearch_path=a,\\%20b";
        let settings = Settings::from_uri(uri).unwrap();
        assert_eq!(
            (settings.user.as_str(), settings.password.as_deref(), settings.host.as_str(), settings.port),
            ("me@x", Some("se/cret"), "::1", 6000)
        );
        assert_eq!((settings.database.as_str(), settings.tls.mode), ("shop", SslMode::VerifyFull));
        assert_eq!(settings.session["work_mem"], "1GB");
        assert_eq!(settings.session["search_path"], "a, b");
    }

    #[test]
    fn a_socket_directory_is_a_host() {
        let settings = Settings::from_uri("postgres://root@%2Frun%2Fpg/dbt").unwrap();
        assert_eq!(settings.socket_path().unwrap().to_str(), Some("/run/pg/.s.PGSQL.5432"));
    }

    #[test]
    fn mistakes_name_the_parameter_and_not_the_password() {
        let error = Settings::from_uri("postgres://u:secret@h/d?ssl_mode=require").unwrap_err();
        assert_eq!(error.message, "the connection URI is not valid: `ssl_mode` is no parameter");
        assert_eq!(error.help.as_deref(), Some("did you mean `sslmode`?"));
    }
}
