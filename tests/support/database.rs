//! The server of the tests: `RSDBT_TEST_DATABASE_URL`, else the embedded one.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use postgres::{Client, Config, NoTls};
use rsdbt::inside::adapter::embedded::{Lifetime, Options, Server};
use rsdbt::inside::adapter::{Begin, Cell, Connection, Fetch, ResultSet, Settings, quote_identifier};

/// A connection and a schema that no other test uses; schemas whose names begin with it go too.
pub(crate) struct Database {
    pub(crate) settings: Arc<Settings>,
    pub(crate) schema: String,
    connection: Connection,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self::on(settings())
    }

    /// On a server of the test's own.
    pub(crate) fn on(settings: Arc<Settings>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let schema = format!("spec_{:07}_{number:04}", std::process::id());
        let connection = Connection::open(&settings).unwrap();
        let mut database = Self { settings, schema, connection };
        database.drop_schemas();
        let quoted = quote_identifier(&database.schema);
        database.execute(&format!("create schema {quoted}; set search_path = {quoted}, public"));
        database
    }

    pub(crate) fn execute(&mut self, sql: &str) {
        self.connection.execute(sql, Begin::Auto, Fetch::Nothing).unwrap();
        self.connection.commit().unwrap();
    }

    /// The rows, or the server's message.
    pub(crate) fn query(&mut self, sql: &str) -> Result<ResultSet, String> {
        let answer = self.connection.execute(sql, Begin::Auto, Fetch::All);
        let rows = answer.map_err(|error| error.message.clone())?.1.unwrap_or_default();
        self.connection.commit().unwrap();
        Ok(rows)
    }

    /// A client that shares no code with the adapter, in the test's schema.
    pub(crate) fn client(&self) -> Client {
        self.connector()().unwrap()
    }

    /// Makes more of them, also while the database is at other work.
    pub(crate) fn connector(&self) -> impl Fn() -> Result<Client, postgres::Error> + Send + 'static {
        let settings = &self.settings;
        let mut config = Config::new();
        config.host(&settings.host).port(settings.port).user(&settings.user).dbname(&settings.database);
        if let Some(password) = &settings.password {
            config.password(password);
        }
        config.options(&format!("-c search_path={}", self.schema));
        move || config.connect(NoTls)
    }

    fn drop_schemas(&mut self) {
        let pattern = self.schema.replace('_', "\\_");
        let sql = format!("select nspname::text from pg_namespace where nspname::text like '{pattern}%'");
        for row in self.query(&sql).unwrap().rows {
            if let Some(Cell::Text(name)) = row.first() {
                self.execute(&format!("drop schema {} cascade", quote_identifier(name)));
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // the connection may have gone with a server that was killed
        if !std::thread::panicking() && self.connection.execute("select 1", Begin::No, Fetch::Nothing).is_ok()
        {
            self.drop_schemas();
        }
    }
}

pub(crate) fn settings() -> Arc<Settings> {
    static SETTINGS: OnceLock<Arc<Settings>> = OnceLock::new();
    let find = || match std::env::var("RSDBT_TEST_DATABASE_URL") {
        Ok(uri) => of_url(&uri),
        Err(_) => embedded(),
    };
    Arc::clone(SETTINGS.get_or_init(|| Arc::new(find())))
}

/// Of the server that is another one, where `RSDBT_TEST_OTHER_DATABASE_URL` names one.
pub(crate) fn other_settings() -> Arc<Settings> {
    std::env::var("RSDBT_TEST_OTHER_DATABASE_URL").map_or_else(|_| settings(), |url| Arc::new(of_url(&url)))
}

/// Of the server that the URL names.
fn of_url(url: &str) -> Settings {
    let (host, port, user, password, database) = super::server_url::parts(url);
    Settings { host, port, user, password, database, ..Settings::default() }
}

/// One server for the tests of the process; it ends with the process.
fn embedded() -> Settings {
    static SERVER: OnceLock<Server> = OnceLock::new();
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    let start = || Server::ensure(&project, &Options::default(), Lifetime::Command).unwrap();
    SERVER.get_or_init(start).settings().clone()
}

/// Columns under their names, as psql would draw them, without its frame; the test's schema is `spec`.
pub(crate) fn rows_as_table(rows: &ResultSet, schema: &str) -> String {
    let header: Vec<String> = rows.columns.iter().map(|column| column.name.clone()).collect();
    let mut lines = vec![header];
    let shown = |cell: &Cell| cell_text(cell).replace(schema, "spec");
    lines.extend(rows.rows.iter().map(|row| row.iter().map(shown).collect()));
    let columns = lines[0].len();
    let widths: Vec<usize> = (0..columns)
        .map(|column| lines.iter().map(|line: &Vec<String>| line[column].chars().count()).max().unwrap_or(0))
        .collect();
    let mut table = String::new();
    for line in lines {
        let cells: Vec<String> =
            line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
        table.push_str(cells.join(" | ").trim_end());
        table.push('\n');
    }
    table
}

fn cell_text(cell: &Cell) -> String {
    match cell {
        Cell::Null => "NULL".into(),
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Float(value) => value.to_string(),
        Cell::Decimal(text) | Cell::Text(text) => text.clone(),
        Cell::Date(date) => date.to_string(),
        Cell::Time(time) => time.to_string(),
        Cell::Timestamp(moment) => moment.to_string().replace('T', " "),
        Cell::TimestampTz(local, offset) => offset.to_timestamp(*local).unwrap().to_string(),
        Cell::Interval(interval) => format!("{} days {} us", interval.days, interval.microseconds),
        Cell::Json(value) => value.to_string(),
        Cell::Array(cells) => {
            format!("{{{}}}", cells.iter().map(cell_text).collect::<Vec<_>>().join(","))
        }
    }
}
