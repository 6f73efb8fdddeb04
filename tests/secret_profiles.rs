//! No value of profiles.yml that could be a secret is ever shown: random mutations of valid profiles, and no part of
//! a planted secret on the terminal, in a log or in an artifact. `RSDBT_PROFILE_MUTATIONS` plays more of them;
//! a failure names its number, and the profile stays in the project's folder.

use std::fs;

use crate::secrets::files;
use crate::support::{Database, Project};

/// As managers of passwords make them; and one of letters only.
const SECRETS: [&str; 4] =
    ["Kq7vZt2xWm9pRd4s", "xJ8#pL!3nVb$6hTw", "wrenchlobsterquaint", "Gd5.Yr0-Uc8_Mo1e"];

/// Any part of this length gives a secret away.
const PART: usize = 7;

/// Profiles in which the secrets stand; `PORT` is one on which nothing listens.
const PROFILES: [&str; 5] = [
    "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: 127.0.0.1\n      port: PORT\n      user: joe\n      password: S0\n      dbname: shop\n      schema: dev\n      threads: 1\n      retries: 0\n      token: S1\n    prod:\n      type: postgres\n      host: prod\n      password: S2\n      user: joe\n      dbname: d\n      schema: s\n",
    "shop:\n  target: dev\n  outputs:\n    dev: {type: postgres, host: 127.0.0.1, port: PORT, user: joe, pass: S0, dbname: shop, schema: dev, retries: 0, token: 'S1'}\nother:\n  outputs:\n    dev: {type: postgres, password: \"S2\"}\n",
    "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      uri: postgresql://joe:S3@127.0.0.1:PORT/shop?sslmode=disable\n      schema: dev\n      retries: 0\n      settings:\n        app.key: S1\n",
    "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: 127.0.0.1\n      port: PORT\n      user: joe\n      password_command: \"echo S0; echo S2 >&2; exit 1\"\n      dbname: shop\n      schema: dev\n",
    "shop:\n  target: dev\n  outputs:\n    dev:\n      type: postgres\n      host: 127.0.0.1\n      port: PORT\n      user: joe\n      password: |\n        S0\n        S2: S1\n      dbname: shop\n      schema: dev\n      retries: 0\n",
];

const INSERTED: [&str; 27] = [
    ":", ": ", "{", "}", "[", "]", "\"", "'", "%", "&", "*", "!", "\t", "{{ ", " }}", "{% ", "|", ">", "#",
    " #", "@", "\n", "- ", "? ", "`", "\\", "%zz",
];

/// Places whose value has a type: a secret that is written there is shown by a careless message.
const TYPED: [&str; 9] =
    ["port", "threads", "type", "retries", "sslmode", "service", "connect_timeout", "embedded", "autocommit"];

struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit.max(1)
    }
}

fn mutated(number: u64) -> String {
    let mut dice = Dice((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut text = PROFILES[dice.below(PROFILES.len())].to_owned();
    for _ in 0..dice.below(3) + usize::from(number > 0) {
        text = mutate(&text, &mut dice);
    }
    for (at, secret) in SECRETS.iter().enumerate() {
        text = text.replace(&format!("S{at}"), secret);
    }
    text.replace("PORT", "1")
}

fn mutate(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let count = lines.len();
    let (one, two) = (dice.below(count), dice.below(count));
    match dice.below(8) {
        0 => lines.swap(one, two),
        1 => drop(lines.remove(one)),
        2 => lines.insert(one, lines[two].clone()),
        3 => lines[one] = format!("{}{}", " ".repeat(dice.below(8)), lines[one].trim_start()),
        4 => lines[one] = lines[one].replacen(": ", ":", 1),
        5 => {
            let key = TYPED[dice.below(TYPED.len())];
            let secret = dice.below(SECRETS.len());
            lines.insert(one, format!("      {key}: S{secret}"));
        }
        _ => {
            // the parts of a URI are told apart by its separators only, so these stay
            let uri = |line: &str| line.contains("://");
            let line = if uri(&lines[one]) { 0 } else { one };
            let places: Vec<usize> = lines[line].char_indices().map(|(at, _)| at).collect();
            let at = places.get(dice.below(places.len())).copied().unwrap_or(0);
            lines[line].insert_str(at, INSERTED[dice.below(INSERTED.len())]);
        }
    }
    lines.join("\n") + "\n"
}

/// A part of a secret that the text holds.
fn part_of_a_secret(text: &str) -> Option<&'static str> {
    SECRETS.iter().find_map(|secret| {
        (0..=secret.len() - PART).map(|at| &secret[at..at + PART]).find(|part| text.contains(part))
    })
}

#[test]
fn no_secret_of_a_mistyped_profile_is_shown() {
    let count = std::env::var("RSDBT_PROFILE_MUTATIONS").ok().and_then(|count| count.parse().ok());
    let database = Database::new();
    let project = Project::new(&database);
    project.write("models/a.sql", "select 1 as id");
    let mut statuses = [0; 3];
    for number in 0..count.unwrap_or(120) {
        project.write("profiles.yml", &mutated(number));
        let commands: [&[&str]; 4] =
            [&["debug", "--debug"], &["parse", "--log-format", "json"], &["run", "--debug"], &["ls"]];
        let output = project.command(commands[usize::try_from(number % 4).unwrap()]).output().unwrap();
        let status = usize::try_from(output.status.code().unwrap_or(-1)).unwrap_or(99);
        assert!(status < 3, "profile {number} ended with {:?}", output.status);
        statuses[status] += 1;
        for (place, text) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            let text = String::from_utf8_lossy(text);
            let part = part_of_a_secret(&text);
            assert!(part.is_none(), "profile {number}: {place} shows {part:?}:\n{text}\n{}", mutated(number));
        }
        for path in files(project.path()).into_iter().filter(|path| !path.ends_with("profiles.yml")) {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let part = part_of_a_secret(&text);
            assert!(
                part.is_none(),
                "profile {number}: {} shows {part:?}\n{}",
                path.display(),
                mutated(number)
            );
        }
    }
    assert!(statuses.iter().all(|count| *count > 0), "all kinds of endings are played: {statuses:?}");
}
