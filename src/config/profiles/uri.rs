//! `postgresql://user:password@host:port/database?key=value`, as libpq reads it.

use crate::hashed::IndexMap;
use crate::percent;

pub(super) fn parse(text: &str) -> Result<IndexMap<String, String>, String> {
    let rest = ["postgresql://", "postgres://"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme))
        .ok_or("it does not start with postgresql://")?;
    let mut parts = IndexMap::default();
    let (rest, query) = rest.split_once('?').map_or((rest, None), |(rest, query)| (rest, Some(query)));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    // a password with `/` or `?` in it would become a port, a database or a parameter, which messages show
    if database.contains('@') || query.is_some_and(|query| query.contains('@')) {
        return Err("an `@` stands behind the host: write `/`, `?`, `#` and `@` of a password or a name as %2F, %3F, %23 and %40".into());
    }
    let (user, host) =
        authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if let Some(user) = user {
        let (user, password) =
            user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password)));
        insert(&mut parts, "user", user)?;
        if let Some(password) = password {
            insert(&mut parts, "password", password)?;
        }
    }
    let (hosts, ports) = host.split(',').map(split_port).collect::<Result<(Vec<_>, Vec<_>), _>>()?;
    insert(&mut parts, "host", &hosts.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        insert(&mut parts, "port", &ports.join(","))?;
    }
    insert(&mut parts, "dbname", database)?;
    for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or("a parameter has no value")?;
        insert(&mut parts, key, value)?;
    }
    Ok(parts)
}

/// `host:port`, or `[address]:port`.
fn split_port(place: &str) -> Result<(&str, &str), String> {
    match place.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or("a `[` is not closed")?;
            Ok((host, after.strip_prefix(':').unwrap_or_default()))
        }
        None => Ok(place.split_once(':').unwrap_or((place, ""))),
    }
}

fn insert(parts: &mut IndexMap<String, String>, key: &str, value: &str) -> Result<(), String> {
    if !value.is_empty() {
        parts.insert(key.to_owned(), decode(value)?);
    }
    Ok(())
}

fn decode(text: &str) -> Result<String, String> {
    let decoded = percent::decode(text)
        .ok_or("a `%` is not followed by two hexadecimal digits, or the text is not UTF-8")?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_parts_of_a_uri() {
        let parts = parse("postgresql://me:p%40ss@[::1]:5433/db?sslmode=require&host=%2Ftmp").unwrap();
        let shown: Vec<String> = parts.iter().map(|(key, value)| format!("{key}={value}")).collect();
        assert_eq!(
            shown,
            ["user=me", "password=p@ss", "host=/tmp", "port=5433", "dbname=db", "sslmode=require"]
        );
        let parts = parse("postgres://a:1,[::1],c:3/d").unwrap();
        assert_eq!((parts["host"].as_str(), parts["port"].as_str()), ("a,::1,c", "1,,3"));
        for ambiguous in ["postgres://u:a/b@h/d", "postgres://u:a?b@h/d", "postgres://u:1/b?c@h/d"] {
            assert!(parse(ambiguous).unwrap_err().contains("%2F"));
        }
        assert!(parse("mysql://x").is_err());
        assert!(parse("postgres://x/%zz").is_err());
    }
}
