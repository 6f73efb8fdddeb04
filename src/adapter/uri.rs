//! A connection URI as libpq reads it: `postgresql://user:password@host:5432/dbname?sslmode=require`.

use std::time::Duration;

use crate::diagnostic::{Diagnostic, Result, nearest};

use super::settings::{ChannelBindingMode, Settings, SslMode, TargetSessionAttrs};

/// The query parameters that are understood.
const PARAMETERS: [&str; 22] = [
    "host",
    "hostaddr",
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
    "target_session_attrs",
    "load_balance_hosts",
    "channel_binding",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
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
        let (host, port) = split_ports(place)?;
        for (name, value) in
            [("host", &*host), ("port", &*port), ("user", user), ("password", password), ("dbname", database)]
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
            "hostaddr" => self.hostaddr = Some(value.to_owned()),
            "port" => {
                let ports =
                    value.split(',').map(|port| if port.is_empty() { Ok(5432) } else { number(name, port) });
                self.ports = ports.collect::<Result<_>>()?;
                self.port = self.ports.first().copied().unwrap_or(5432);
                if self.ports.len() == 1 {
                    self.ports.clear();
                }
            }
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
            "keepalives" => self.keepalives.on = number::<u32>(name, value)? > 0,
            "keepalives_idle" => self.keepalives.idle = number(name, value)?,
            "keepalives_interval" => self.keepalives.interval = number(name, value)?,
            "keepalives_count" => self.keepalives.count = number(name, value)?,
            "tcp_user_timeout" => self.tcp_user_timeout = number(name, value)?,
            "target_session_attrs" => {
                let attrs = TargetSessionAttrs::from_name(value);
                self.target_session_attrs = attrs.ok_or_else(|| not_valid(name, value))?;
            }
            "channel_binding" => {
                let binding = ChannelBindingMode::from_name(value);
                self.channel_binding = binding.ok_or_else(|| not_valid(name, value))?;
            }
            "load_balance_hosts" => {
                self.load_balance_hosts = match value {
                    "random" => true,
                    "disable" => false,
                    _ => return Err(not_valid(name, value)),
                }
            }
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

/// `a:1,b:2` becomes `a,b` and `1,2`; no port at all becomes no text.
fn split_ports(place: &str) -> Result<(String, String)> {
    let parts = place.split(',').map(split_port).collect::<Result<Vec<_>>>()?;
    let join = |part: fn(&(&str, &str)) -> String| parts.iter().map(part).collect::<Vec<_>>().join(",");
    let ports = join(|part| part.1.to_owned());
    let hosts = join(|part| part.0.to_owned());
    Ok((hosts, if ports.trim_matches(',').is_empty() { String::new() } else { ports }))
}

/// Splits `host:port`, minding the brackets of IPv6 addresses.
fn split_port(place: &str) -> Result<(&str, &str)> {
    if let Some(rest) = place.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or_else(|| invalid("`[` is not closed"))?;
        return Ok((host, port.trim_start_matches(':')));
    }
    Ok(place.split_once(':').unwrap_or((place, "")))
}

fn not_valid(name: &str, value: &str) -> Box<Diagnostic> {
    invalid(&format!("`{value}` is not a valid `{name}`"))
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
    fn several_hosts_and_what_libpq_knows_of_them() {
        let uri = "postgres://me@a:1,[::1],c:3/d?target_session_attrs=read-write&load_balance_hosts=random&keepalives=0&tcp_user_timeout=5000";
        let settings = Settings::from_uri(uri).unwrap();
        let hosts = settings.hosts().unwrap();
        let shown: Vec<_> = hosts.iter().map(|host| (host.name.as_str(), host.port)).collect();
        assert_eq!(shown, [("a", 1), ("::1", 5432), ("c", 3)]);
        assert_eq!(settings.target_session_attrs, TargetSessionAttrs::ReadWrite);
        assert!(settings.load_balance_hosts && !settings.keepalives.on && settings.tcp_user_timeout == 5000);
        let error = |uri: &str| Settings::from_uri(uri).unwrap().hosts().map(drop).unwrap_err();
        assert_eq!(error("postgres://a,b,c/d?port=1,2"), "could not match 2 port numbers to 3 hosts");
        let addresses = "postgres://a,b/d?hostaddr=127.0.0.1";
        assert_eq!(error(addresses), "could not match 2 host names to 1 hostaddr values");
        let error = Settings::from_uri("postgres://a/d?channel_binding=always").unwrap_err();
        assert!(error.message.ends_with("`always` is not a valid `channel_binding`"), "{}", error.message);
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
