//! Durations as people write them: `90 seconds`, `5 minutes`, `2h`, `1 week`.

/// In seconds; `None` if the text is not a duration, or longer than a few decades.
pub(crate) fn seconds(text: &str) -> Option<u32> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let each = match unit.strip_suffix('s').filter(|unit| unit.len() > 1).unwrap_or(unit) {
        "s" | "sec" | "second" => 1.0,
        "m" | "min" | "minute" => 60.0,
        "h" | "hour" => 3600.0,
        "d" | "day" => 86_400.0,
        "w" | "week" => 604_800.0,
        _ => return None,
    };
    let number: f64 = number.parse().ok()?;
    let seconds = (number * each).round();
    // the bound leaves no more than fits
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded")]
    (0.0..=f64::from(i32::MAX)).contains(&seconds).then_some(seconds as u32)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn units_by_their_usual_names() {
        for (text, expected) in [
            ("90 seconds", 90),
            ("1 second", 1),
            ("90s", 90),
            ("5 minutes", 300),
            ("0.5 min", 30),
            ("2h", 7200),
            ("1 day", 86_400),
            ("2 weeks", 1_209_600),
            ("0 s", 0),
        ] {
            assert_eq!(seconds(text), Some(expected), "{text}");
        }
        for text in ["", "5", "minutes", "5 months", "-5 minutes", "5 minutess", "1.2.3 s", "9999999 weeks"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
