//! `RSDBT_TEST_DATABASE_URL` by its parts, as the `postgres` crate reads them.

/// Host, port, user, password and database of the URL.
pub(crate) fn parts(url: &str) -> (String, u16, String, Option<String>, String) {
    let config: postgres::Config = url.parse().unwrap();
    let host = match &config.get_hosts()[0] {
        postgres::config::Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        postgres::config::Host::Unix(folder) => folder.to_str().unwrap().to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let user = config.get_user().unwrap().to_owned();
    let password = config.get_password().map(|password| String::from_utf8(password.to_vec()).unwrap());
    let database = config.get_dbname().unwrap_or(&user).to_owned();
    (host, port, user, password, database)
}
