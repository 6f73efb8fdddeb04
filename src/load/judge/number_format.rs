//! Numbers with other signs than the server's: `1.234,56`.

/// Which sign groups the digits, and which begins the fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NumberFormat {
    group: Option<char>,
    point: char,
}

/// Spaces that group digits: the usual one, and those that do not break.
const SPACES: [char; 3] = [' ', '\u{a0}', '\u{202f}'];

impl NumberFormat {
    pub(super) fn parse(format: &str) -> Result<Self, String> {
        let known = [
            ("1.234,56", Some('.'), ','),
            ("1,234.56", Some(','), '.'),
            ("1 234,56", Some(' '), ','),
            ("1 234.56", Some(' '), '.'),
            ("1'234.56", Some('\''), '.'),
            ("1'234,56", Some('\''), ','),
            ("1234,56", None, ','),
            ("1234.56", None, '.'),
        ];
        known
            .into_iter()
            .find(|(text, ..)| *text == format)
            .map(|(_, group, point)| Self { group, point })
            .ok_or_else(|| {
                let texts: Vec<&str> = known.iter().map(|(text, ..)| *text).collect();
                format!("`{format}` is not a format of numbers (expected one of: {})", texts.join("; "))
            })
    }

    /// As the server writes it; `None` where groups have not three digits, or the signs are others.
    pub(super) fn plain(self, text: &str) -> Option<String> {
        let (whole, fraction) = match text.split_once(self.point) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let is_group = |c: char| match self.group {
            Some(' ') => SPACES.contains(&c),
            group => group == Some(c),
        };
        let unsigned = whole.trim_start_matches(['+', '-']);
        let groups: Vec<&str> = unsigned.split(is_group).collect();
        let first_fits = groups.len() == 1 || (1..=3).contains(&groups[0].len());
        if !first_fits || groups[1..].iter().any(|group| group.len() != 3) {
            return None;
        }
        let mut plain = whole[..whole.len() - unsigned.len()].to_owned();
        plain.extend(groups);
        if let Some(fraction) = fraction {
            plain.push('.');
            plain.push_str(fraction);
        }
        let rest_fits = plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.'));
        rest_fits.then_some(plain)
    }
}
